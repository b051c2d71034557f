import type { IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';

/** No answer from the schema registry, or one that says nothing about the question: ask again later. */
export class RegistryAway extends Error {
  readonly code = 'registry_away';
  override readonly name = 'RegistryAway';
}

/** The schema registry's word that it will not take a schema. */
export class SchemaRefused extends Error {
  readonly code = 'schema_refused';
  override readonly name = 'SchemaRefused';
}

/** The four calls that are needed of the Confluent schema registry API. All of them throw RegistryAway. */
export type Registry = {
  /** The Avro schema of an id, or null when there is none. */
  schemaOf(id: number): Promise<string | null>;
  /** The id under which a subject knows a schema, or null when it does not. */
  idOf(subject: string, schema: string): Promise<number | null>;
  /** @throws SchemaRefused */
  setCompatibility(subject: string, level: string): Promise<void>;
  /** @throws SchemaRefused when the schema breaks the subject's compatibility */
  register(subject: string, schema: string): Promise<void>;
};

const CALL_TIMEOUT_MS = 3_000;

/**
 * By plain HTTP: the usual client library takes 17 MB more of each process that imports it.
 *
 * @param url a Confluent-compatible API, such as `http://127.0.0.1:28081/apis/ccompat/v7`
 */
export function connectRegistry(url: string): Registry {
  async function schemaOf(id: number): Promise<string | null> {
    const { status, body } = await call(url, 'GET', `/schemas/ids/${id}`);
    const isAvro = (body['schemaType'] ?? 'AVRO') === 'AVRO';
    return status === 200 && isAvro && typeof body['schema'] === 'string' ? body['schema'] : null;
  }

  async function idOf(subject: string, schema: string): Promise<number | null> {
    const { status, body } = await call(url, 'POST', `/subjects/${encodeURIComponent(subject)}`, { schema });
    return status === 200 && typeof body['id'] === 'number' ? body['id'] : null;
  }

  async function setCompatibility(subject: string, level: string): Promise<void> {
    const path = `/config/${encodeURIComponent(subject)}`;
    refuseUnlessOk(await call(url, 'PUT', path, { compatibility: level }), subject);
  }

  async function register(subject: string, schema: string): Promise<void> {
    refuseUnlessOk(
      await call(url, 'POST', `/subjects/${encodeURIComponent(subject)}/versions`, { schema }),
      subject,
    );
  }

  return { schemaOf, idOf, setCompatibility, register };
}

type Answer = { status: number; body: Readonly<Record<string, unknown>> };

async function call(url: string, method: string, path: string, body?: object): Promise<Answer> {
  try {
    const sent = body === undefined ? '' : JSON.stringify(body);
    const answer = await exchange(new URL(`${url}${path}`), method, sent);
    if (isOutage(answer.status)) throw new Error(`status ${answer.status}`);
    const parsed: unknown = JSON.parse(answer.text);
    return { status: answer.status, body: isObject(parsed) ? parsed : {} };
  } catch (error) {
    throw new RegistryAway(`the schema registry did not answer ${method} ${path}`, { cause: error });
  }
}

/** Not by `fetch`: its first call takes 15 MB more of a process than this. */
async function exchange(url: URL, method: string, body: string): Promise<{ status: number; text: string }> {
  const { request } = await import(url.protocol === 'https:' ? 'node:https' : 'node:http');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    request(url, { method, headers, signal }, resolve).on('error', reject).end(body);
  });
  return { status: response.statusCode ?? 0, text: await readText(response) };
}

/** What a proxy or a registry without its database answers. */
function isOutage(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function refuseUnlessOk({ status, body }: Answer, subject: string): void {
  const reason = typeof body['message'] === 'string' ? body['message'] : `status ${status}`;
  if (status >= 300) throw new SchemaRefused(`${subject}: ${reason}`);
}

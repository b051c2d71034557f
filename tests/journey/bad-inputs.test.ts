import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import type { Problem, TemplateResource } from '@fanfare/contracts';
import { connectDatabase, type Database, migrate } from '@fanfare/db';
import { type FreshDatabase, freshDatabase, type RunningServices, startServices } from '@fanfare/testkit';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type BadInput, badInputs, UNKNOWN_ID } from './bad-inputs.ts';
import { brokenRequests } from './bad-inputs-broken.ts';
import { exchange, type WireAnswer, wirePieces, type WireRequest } from './bad-inputs-wire.ts';

const OPENAPI = new URL('../../schemas/openapi.yaml', import.meta.url);
const contract = parse(readFileSync(OPENAPI, 'utf8')) as { paths: Record<string, Record<string, unknown>> };

describe('what REST refuses', () => {
  let database: FreshDatabase;
  let db: Database;
  let services: RunningServices;
  let templateId = '';

  before('start REST on a database of its own', async () => {
    database = await freshDatabase();
    await migrate(database.url);
    db = connectDatabase({ url: database.url });
    services = await startServices(['ingest'], {
      DATABASE_URL: database.url,
      INBOUND_RATE_PER_MINUTE: '0',
      REQUEST_TIMEOUT_MS: '5000',
    });
    ({ id: templateId } = await createTemplate('taken'));
  });
  after('stop it', async () => {
    await services?.stop();
    await db?.close();
    await database?.drop();
  });

  const send = (request: WireRequest): Promise<WireAnswer> =>
    exchange(services.urls.ingest, wirePieces(request));

  async function createTemplate(name: string): Promise<TemplateResource> {
    const body = JSON.stringify({ name, channel: 'email', body: 'Merhaba {{.Name}}' });
    const answer = await send({ line: 'POST /api/v1/templates', headers: JSON_TYPE, body });
    expect(answer.status, answer.body).to.equal(201);
    return JSON.parse(answer.body) as TemplateResource;
  }

  /** Ids of this run in place of their names. */
  function filled(text: string): string {
    return text.replaceAll('{template}', templateId).replaceAll('{unknown}', UNKNOWN_ID);
  }

  function requestOf({ line, headers = {}, body }: BadInput): WireRequest {
    const isBytes = typeof body === 'string' || Buffer.isBuffer(body);
    const sent = isBytes ? body : body === undefined ? '' : filled(JSON.stringify(body));
    return { line: filled(line), headers, body: sent };
  }

  async function storingNothing<T>(act: () => Promise<T>): Promise<T> {
    const before = await countRows(db);
    const result = await act();
    expect(await countRows(db)).to.deep.equal(before);
    return result;
  }

  for (const input of badInputs)
    it(`${input.status} ${input.type}: ${input.what}: ${input.line.slice(0, 100)}`, async () => {
      const answer = await storingNothing(() => send(requestOf(input)));
      expectProblem(answer, input);
    });

  for (const [path, operations] of Object.entries(contract.paths)) {
    const allowed = Object.keys(operations).map((method) => method.toUpperCase());
    it(`405: every method but ${allowed.join(', ')} of ${path}, with whatever body`, async () => {
      const others = METHODS.filter((method) => ![...allowed, ...UNASKED].includes(method));
      for (const method of others) {
        const line = `${method} ${path.replaceAll(/\{\w+\}/g, UNKNOWN_ID)}`;
        const answer = await storingNothing(() =>
          send({ line, headers: { 'content-type': 'x' }, body: '{' }),
        );
        expectProblem(answer, { status: 405, type: 'method-not-allowed' });
        expect(answer.headers['allow']?.split(', '), line).to.have.members(allowed);
      }
    });
  }

  for (const { what, bytes, status, type } of brokenRequests)
    it(`${status}: ${what}`, async () => {
      const answer = await storingNothing(() => exchange(services.urls.ingest, bytes()));
      expect(answer.status, answer.body).to.equal(status);
      if (type !== null) expectType(answer, type);
    });

  it('takes the last of two values of a key', async () => {
    const body = `{"name":"first","body":"a","channel":"sms","name":"${randomUUID()}","body":"b"}`;
    const answer = await send({ line: 'POST /api/v1/templates', headers: JSON_TYPE, body });
    expect(JSON.parse(answer.body)).to.include({ body: 'b' }).and.not.to.include({ name: 'first' });
  });

  it('gives a correlation id of its own where the given one is none', async () => {
    for (const given of ['x'.repeat(129), 'with space', 'ş', '']) {
      const line = `GET /api/v1/notifications/${UNKNOWN_ID}`;
      const answer = await send({ line, headers: { 'x-correlation-id': given } });
      expectProblem(answer, { status: 404, type: 'not-found' });
      expect(answer.headers['x-correlation-id']).to.match(/^[0-9a-f-]{36}$/);
    }
  });
});

/** HEAD is answered as GET is, and without a body; CONNECT asks for no path. */
const UNASKED = ['HEAD', 'CONNECT'];

const JSON_TYPE = { 'content-type': 'application/json' };

/** A problem says what is wrong (RFC 9457), and which request it answers. */
function expectProblem(answer: WireAnswer, { status, type, fields }: Omit<BadInput, 'what' | 'line'>): void {
  expect(answer.status, answer.body.slice(0, 500)).to.equal(status);
  expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
  const problem = JSON.parse(answer.body) as Problem;
  expect(problem.status).to.equal(status);
  expect(problem.title).to.be.a('string');
  expect(problem.correlation_id).to.be.a('string').and.equal(answer.headers['x-correlation-id']);
  const told = problem.errors?.map(({ field }) => field);
  if (fields !== undefined) expect([...new Set(told)], answer.body.slice(0, 2_000)).to.have.members(fields);
  // Of several faults one gives the type.
  if (fields === undefined || fields.length === 1) expect(problem.type).to.equal(`/probs/${type}`);
}

/** It came to no route, so it has no correlation id. */
function expectType(answer: WireAnswer, type: string): void {
  expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
  expect(JSON.parse(answer.body)).to.include({ type: `/probs/${type}`, status: answer.status });
}

/** Of every table; exactly, not as estimated. */
async function countRows(db: Database): Promise<Record<string, number>> {
  const rows = await db.query<{ name: string; rows: number }>(COUNT_ROWS, []);
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
}

const COUNT_ROWS = {
  name: 'count_rows_of_every_table',
  text: `
    SELECT table_name AS name,
      (xpath('//n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', table_name), true, false, '')))[1]::text::int AS rows
    FROM information_schema.tables WHERE table_schema = 'public'`,
};

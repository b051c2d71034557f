import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptKeyed, connectDatabase, type Database, migrate } from '@fanfare/db';
import { DEFAULT_CONTENT_LIMITS } from '@fanfare/domain';
import { createHealth } from '@fanfare/runtime';
import { freshDatabase } from '@fanfare/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { default as addFormats } from 'ajv-formats';
import { expect } from 'chai';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { parse } from 'yaml';
import type { AcceptRequest } from './accept.ts';
import { rows } from './rows.ts';
import { createServer, type ServerDeps } from './server.ts';

export const OPENAPI = readFileSync(new URL('../../../schemas/openapi.yaml', import.meta.url), 'utf8');
type Contract = { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> };
export const contract: Contract = parse(OPENAPI);

/** The REST API on a real database of its own; Kafka has no part in it. */
export type TestServer = {
  readonly app: FastifyInstance;
  readonly db: Database;
  post: (url: string, payload: unknown, headers?: Record<string, string>) => Promise<LightMyRequestResponse>;
};

/** For the tests of a `describe`. A request that shows a bug of ours fails its test. */
export function useServer(change: Partial<ServerDeps> = {}): TestServer {
  const bugs: unknown[] = [];
  let running: (Pick<TestServer, 'app' | 'db'> & { stop: () => Promise<void> }) | undefined;
  const current = () => {
    if (running === undefined) throw new Error('the server exists only while tests run');
    return running;
  };
  before(async () => {
    running = await start({ onBug: (error) => bugs.push(error), ...change });
  });
  after(() => running?.stop());
  afterEach(() => expect(bugs.splice(0)).to.be.empty);
  return {
    get app() {
      return current().app;
    },
    get db() {
      return current().db;
    },
    post: (url, payload, headers = {}) =>
      current().app.inject({
        method: 'POST',
        url,
        payload: JSON.stringify(payload),
        headers: { 'content-type': 'application/json', ...headers },
      }),
  };
}

async function start(change: Pick<ServerDeps, 'onBug'> & Partial<ServerDeps>) {
  const database = await freshDatabase();
  await migrate(database.url);
  const db = connectDatabase({ url: database.url });
  const app = createServer({ ...depsOf(db), ...change });
  await app.ready();
  const stop = async (): Promise<void> => {
    await app.close();
    await db.close();
    await database.drop();
  };
  return { app, db, stop };
}

function depsOf(db: Database): Omit<ServerDeps, 'onBug'> {
  const store = async ({ notifications, batch, key }: AcceptRequest) => {
    const resource_id = batch?.id ?? notifications[0]?.id ?? '';
    const group = { notifications, batch, outboxId: randomUUID(), publishedOutboxIds: [] };
    const { at, lost } = await acceptKeyed(db, group, key === null ? [] : [{ ...key, resource_id }]);
    return lost.has(resource_id) ? null : { at, status: 'queued' as const };
  };
  return {
    ...rows(db),
    verifyKey: null,
    inbound: null,
    proxies: 0,
    requestTimeoutMs: 60_000,
    allowedOrigins: [],
    limits: DEFAULT_CONTENT_LIMITS,
    now: Date.now,
    newId: () => randomUUIDv7(),
    acceptOne: store,
    acceptBatch: store,
    recallUse: () => Promise.resolve(null),
    queueDepth: () => Promise.resolve(0),
    health: createHealth(() => ({})),
    openapi: OPENAPI,
    drain: () => sleep(10),
  };
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(contract, 'contract');

/** The answer is what schemas/openapi.yaml says of it. */
export function expectContract(path: string, method: string, status: string, answer: unknown): void {
  const response = contract.paths[path]?.[method]?.responses[status];
  const validate = ajv.compile({ $ref: `contract${refOf(response)}` });
  expect(validate(answer), JSON.stringify(validate.errors)).to.equal(true);
}

function refOf(response: unknown): string {
  const content = /"\$ref":"(#\/components\/schemas\/\w+)"/.exec(JSON.stringify(response));
  return content?.[1] ?? '#/components/schemas/Problem';
}

import { randomUUID } from 'node:crypto';
import { type Caller, type PresentedKey, type Scope, SCOPES, type Verdict } from '@fanfare/domain';
import type { Admission } from '@fanfare/redis';
import { expect } from 'chai';
import type { LightMyRequestResponse } from 'fastify';
import { addressOf, scopeOf } from './callers.ts';
import { contract, expectContract, useServer } from './fixture.ts';

const NOTIFICATIONS = '/api/v1/notifications';
const SMS = { channel: 'sms', recipient: '+15550100', content: 'Merhaba' };
const NOBODY = '0'.repeat(16);
const UNKNOWN = 'f'.repeat(16);

/** A key of an id of its own that may do just this. */
function callerOf(scope: Scope): Caller {
  return { id: String(SCOPES.indexOf(scope) + 1).repeat(16), scopes: [scope] };
}

function bearer(id: string): { authorization: string } {
  return { authorization: `Bearer fanfare_${id}_${'a'.repeat(64)}` };
}

function verifyKey({ id }: PresentedKey): Verdict {
  if (id === UNKNOWN) return 'unknown';
  return SCOPES.map(callerOf).find((caller) => caller.id === id) ?? 'wrong';
}

function expectProblem(answer: LightMyRequestResponse, status: number, type: string): void {
  expect(answer.statusCode).to.equal(status);
  expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
  expect(answer.json()).to.include({ type: `/probs/${type}`, status });
  expect(answer.headers['x-correlation-id']).to.equal(
    answer.json<{ correlation_id: string }>().correlation_id,
  );
}

describe('callers with keys', () => {
  const server = useServer({ verifyKey });
  const get = (url: string, headers = {}) => server.app.inject({ url, headers });

  it('are asked for a key', async () => {
    const answer = await get(NOTIFICATIONS);
    expectProblem(answer, 401, 'unauthorized');
    expect(answer.headers['www-authenticate']).to.equal('Bearer realm="fanfare"');
    expectContract(NOTIFICATIONS, 'get', '401', answer.json());
  });

  it('are refused with a key that is not known, and told when nobody can say', async () => {
    const wrong = await get(NOTIFICATIONS, bearer(NOBODY));
    expectProblem(wrong, 401, 'unauthorized');
    expect(wrong.headers['www-authenticate']).to.include('error="invalid_token"');
    const unknown = await get(NOTIFICATIONS, bearer(UNKNOWN));
    expectProblem(unknown, 503, 'unavailable');
    expect(unknown.headers['retry-after']).to.equal('1');
  });

  it('are refused what their key may not do, before the body is read', async () => {
    const answer = await server.app.inject({
      method: 'POST',
      url: NOTIFICATIONS,
      payload: '{"channel":',
      headers: { 'content-type': 'application/json', ...bearer(callerOf('read').id) },
    });
    expectProblem(answer, 403, 'forbidden');
    expect(answer.headers['www-authenticate']).to.include('scope="send"');
    expectContract(NOTIFICATIONS, 'post', '403', answer.json());
  });

  it('do what their key allows', async () => {
    const made = await server.post(NOTIFICATIONS, SMS, bearer(callerOf('send').id));
    expect(made.statusCode).to.equal(202);
    const { id } = made.json<{ id: string }>();
    expect((await get(`${NOTIFICATIONS}/${id}`, bearer(callerOf('read').id))).statusCode).to.equal(200);
    expect((await get(`${NOTIFICATIONS}/${id}`, bearer(callerOf('send').id))).statusCode).to.equal(403);
    expect((await get('/api/v1/templates', bearer(callerOf('admin').id))).statusCode).to.equal(200);
  });

  it('have idempotency keys of their own', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const [first, again, other] = [
      await server.post(NOTIFICATIONS, SMS, { ...key, ...bearer(callerOf('send').id) }),
      await server.post(NOTIFICATIONS, SMS, { ...key, ...bearer(callerOf('send').id) }),
      await server.post(NOTIFICATIONS, SMS, { ...key, ...bearer(callerOf('admin').id) }),
    ];
    expect([first.statusCode, again.statusCode, other.statusCode]).to.deep.equal([202, 200, 202]);
    expect(again.json()).to.deep.equal(first.json());
    expect(other.json()).to.not.have.property('id', first.json<{ id: string }>().id);
  });

  it('find health, metrics and the contract open', async () => {
    for (const url of ['/healthz/live', '/healthz/ready', '/metrics', '/openapi.yaml'])
      expect((await get(url)).statusCode, url).to.equal(200);
  });
});

describe('operations', () => {
  it('need the scope that the contract says', () => {
    const needed = Object.entries(contract.paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => /^(get|post|put|patch|delete)$/.test(method))
        .map((method) => {
          const { security = [] } = (operations[method] ?? {}) as { security?: Record<string, string[]>[] };
          const url = path.replaceAll(/\{(\w+)\}/g, ':$1');
          return [
            `${method} ${path}`,
            scopeOf({ method: method.toUpperCase(), url }),
            security[1]?.['apiKey']?.[0] ?? null,
          ];
        }),
    );
    expect(needed.length).to.be.greaterThan(25);
    for (const [operation, scope, said] of needed) expect(said, String(operation)).to.equal(scope);
  });
});

describe('callers without keys', () => {
  const counted: string[] = [];
  const admission = { isAdmitted: true, remaining: 7, resetMs: 12_300 };
  const admit = (caller: string): Admission => {
    counted.push(caller);
    return { ...admission };
  };
  const server = useServer({ inbound: { perMinute: 60, admit } });
  const behind = useServer({ inbound: { perMinute: 60, admit }, proxies: 1 });
  beforeEach(() => {
    counted.length = 0;
    Object.assign(admission, { isAdmitted: true, remaining: 7 });
  });

  it('are told what is left to them, with success and with failure', async () => {
    for (const url of [NOTIFICATIONS, `${NOTIFICATIONS}/nothing`]) {
      const { headers } = await server.app.inject(url);
      expect(headers).to.include({ 'ratelimit-policy': '"calls";q=60;w=60', ratelimit: '"calls";r=7;t=13' });
    }
  });

  it('are refused above the limit, with the time to come back', async () => {
    Object.assign(admission, { isAdmitted: false, remaining: 0 });
    const answer = await server.post(NOTIFICATIONS, SMS);
    expectProblem(answer, 429, 'rate-limited');
    expect(answer.headers).to.include({ 'retry-after': '13', ratelimit: '"calls";r=0;t=13' });
    expectContract(NOTIFICATIONS, 'post', '429', answer.json());
  });

  it('are counted once a call, a batch too, and only calls of the API', async () => {
    await server.post(`${NOTIFICATIONS}/batch`, { notifications: [SMS, SMS, SMS] });
    await server.app.inject('/healthz/live');
    await server.app.inject('/nothing');
    expect(counted).to.deep.equal(['127.0.0.1']);
  });

  it('are told apart by address, and by what a proxy says only if there is one', async () => {
    const from = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
    await server.app.inject({ url: NOTIFICATIONS, headers: from });
    await behind.app.inject({ url: NOTIFICATIONS, headers: from });
    expect(counted).to.deep.equal(['127.0.0.1', '198.51.100.7']);
  });
});

describe('addressOf', () => {
  it('is the network of an IPv6 address', () => {
    const cases = {
      '203.0.113.9': '203.0.113.9',
      '::ffff:203.0.113.9': '203.0.113.9',
      '::1': '0:0:0:0::/64',
      '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
      '2001:db8::3:4:5:6': '2001:db8:0:0::/64',
      '2001:db8:1::': '2001:db8:1:0::/64',
    };
    for (const [ip, address] of Object.entries(cases)) expect(addressOf(ip), ip).to.equal(address);
  });
});

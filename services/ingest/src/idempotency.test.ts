import { randomUUID } from 'node:crypto';
import { claim, forgetKey, type IdempotencyKey, indexDeadLetters, settle } from '@fanfare/db';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';
import type { Made } from './idempotency.ts';

const NOTIFICATIONS = '/api/v1/notifications';
const sms = { channel: 'sms', recipient: '+15550100', content: 'Günaydın 👋' };

describe('idempotency', () => {
  let clockMs = 0;
  let letters = 0;
  let isCrashing = false;
  let recall: (key: IdempotencyKey) => Made | null = recallNothing;
  const server = useServer({
    now: () => Date.now() + clockMs,
    recallUse: (key) => Promise.resolve(recall(key)),
    forgetKey: async (key, turn) => {
      if (!isCrashing) await forgetKey(server.db, key, turn);
    },
  });
  const { post } = server;
  afterEach(() => {
    clockMs = 0;
    recall = recallNothing;
  });

  it('answers the same body again as it answered it first, and makes nothing', async () => {
    const key = randomUUID();
    const body = { ...sms, metadata: { a: { b: 1, c: [2] }, d: 'é' }, priority: 'high' };
    const first = await post(NOTIFICATIONS, body, withKey(key));
    expect(first.statusCode).to.equal(202);
    expect(first.json()).to.include({ idempotency_key: key });
    const again = await post(NOTIFICATIONS, body, withKey(key));
    expect(again.statusCode).to.equal(200);
    expectContract(NOTIFICATIONS, 'post', '200', again.json());
    expect(again.json()).to.deep.equal(first.json());
    expect(again.headers['location']).to.equal(first.headers['location']);
    expect(await countWithKey(key)).to.equal(1);
  });

  it('takes a body in another order, with other space and other escapes for the same', async () => {
    const headers = { 'content-type': 'application/json', ...withKey(randomUUID()) };
    const payloads = [
      '{"channel":"sms","recipient":"+15550100","content":"Günaydın","metadata":{"a":1,"b":{"c":2,"d":3}}}',
      `{ "metadata": { "b": {"d":3.0 , "c":2}, "a":1 },\n"content":"G\\u00fcnayd\\u0131n", "recipient":"+15550100",
        "channel":"sms" }`,
    ];
    const [first, second] = [await send(payloads[0] ?? ''), await send(payloads[1] ?? '')];
    expect([first.statusCode, second.statusCode]).to.deep.equal([202, 200]);
    expect(second.json()).to.deep.equal(first.json());

    function send(payload: string) {
      return server.app.inject({ method: 'POST', url: NOTIFICATIONS, payload, headers });
    }
  });

  it('refuses another body under the same key, and makes nothing', async () => {
    const key = randomUUID();
    await post(NOTIFICATIONS, sms, withKey(key));
    for (const other of [
      { ...sms, content: 'Another' },
      { ...sms, metadata: {} },
      { ...sms, channel: 'fax' },
    ]) {
      const answer = await post(NOTIFICATIONS, other, withKey(key));
      expect(answer.statusCode).to.equal(409);
      expectContract(NOTIFICATIONS, 'post', '409', answer.json());
      expect(answer.json()).to.include({ type: '/probs/idempotency-key-mismatch' });
    }
    expect(await countWithKey(key)).to.equal(1);
  });

  it('tells paths apart, and not their queries', async () => {
    const key = withKey(randomUUID());
    expect((await post(NOTIFICATIONS, sms, key)).statusCode).to.equal(202);
    expect((await post(`${NOTIFICATIONS}/batch`, { notifications: [sms] }, key)).statusCode).to.equal(202);
    expect((await post(`${NOTIFICATIONS}?again`, sms, key)).statusCode).to.equal(200);
  });

  it('keeps no key of what it refused', async () => {
    const key = withKey(randomUUID());
    expect((await post(NOTIFICATIONS, { ...sms, content: '' }, key)).statusCode).to.equal(400);
    expect((await post(NOTIFICATIONS, sms, key)).statusCode).to.equal(202);
  });

  it('answers again what would by now be refused', async () => {
    const key = withKey(randomUUID());
    const body = { ...sms, expires_at: new Date(Date.now() + 60_000).toISOString() };
    const first = await post(NOTIFICATIONS, body, key);
    clockMs = 120_000;
    const again = await post(NOTIFICATIONS, body, key);
    expect(again.statusCode).to.equal(200);
    expect(again.json()).to.deep.equal(first.json());
    expect((await post(NOTIFICATIONS, body, withKey(randomUUID()))).statusCode).to.equal(400);
  });

  it('answers again as at first, whatever became of it', async () => {
    const key = withKey(randomUUID());
    const scheduled_at = new Date(Date.now() + 3_600_000).toISOString();
    for (const body of [sms, { ...sms, scheduled_at }]) {
      const own = withKey(randomUUID());
      const first = await post(NOTIFICATIONS, body, own);
      await server.app.inject({ method: 'PATCH', url: `${NOTIFICATIONS}/${first.json().id}/cancel` });
      const again = await post(NOTIFICATIONS, body, own);
      const queued = body === sms ? 'queued' : 'pending';
      expect(again.json()).to.deep.equal({ ...first.json(), status: queued });
    }
    expect((await post(NOTIFICATIONS, sms, key)).statusCode).to.equal(202);
  });

  it('makes one of fifty at once, and gives everybody its answer', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(NOTIFICATIONS, sms, withKey(key))),
    );
    expect(answers.map(({ statusCode }) => statusCode)).to.have.members([...same(49, 200), 202]);
    expect(new Set(answers.map(({ body }) => body)).size).to.equal(1);
    expect(await countWithKey(key)).to.equal(1);
  });

  it('makes one batch of fifty at once', async () => {
    const key = withKey(randomUUID());
    const body = { notifications: [sms, sms, sms], metadata: { campaign: key['idempotency-key'] } };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(`${NOTIFICATIONS}/batch`, body, key)),
    );
    expect(answers.map(({ statusCode }) => statusCode)).to.have.members([...same(49, 200), 202]);
    for (const answer of answers) {
      expectContract(`${NOTIFICATIONS}/batch`, 'post', String(answer.statusCode), answer.json());
      expect(answer.json()).to.deep.equal(answers[0]?.json());
    }
    const [batches] = await sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM batches WHERE metadata ->> 'campaign' = $1`,
      [key['idempotency-key']],
    );
    expect(batches?.count).to.equal(1);
    const other = await post(`${NOTIFICATIONS}/batch`, { ...body, notifications: [sms] }, key);
    expect(other.json()).to.include({ type: '/probs/idempotency-key-mismatch' });
  });

  describe('the fast path', () => {
    it('answers from the row alone', async () => {
      const key = withKey(randomUUID());
      let seen: IdempotencyKey | undefined;
      recall = (asked) => {
        seen = asked;
        return null;
      };
      const first = await post(NOTIFICATIONS, sms, key);
      await sql('DELETE FROM idempotency_keys WHERE key = $1', [key['idempotency-key']]);
      recall = () => ({ resource_id: first.json().id, resource_version: null });
      const again = await post(NOTIFICATIONS, sms, key);
      expect(again.statusCode).to.equal(200);
      expect(again.json()).to.deep.equal(first.json());
      expect(seen).to.include({ caller: 'anonymous', path: NOTIFICATIONS });
    });

    it('is believed only with the row', async () => {
      recall = () => ({ resource_id: randomUUID(), resource_version: null });
      const key = withKey(randomUUID());
      expect((await post(NOTIFICATIONS, sms, key)).statusCode).to.equal(202);
      expect((await post(NOTIFICATIONS, sms, key)).statusCode).to.equal(200);
    });
  });

  for (const [what, key] of [
    ['no characters', ''],
    ['too many', 'k'.repeat(256)],
    ['others than ASCII', 'cl\u00e9'],
    ['control characters', 'a\tb'],
  ] as const)
    it(`refuses a key of ${what}`, async () => {
      const answer = await post(NOTIFICATIONS, sms, withKey(key));
      expect(answer.statusCode).to.equal(400);
      expect(answer.json().errors.map(({ field }: { field: string }) => field)).to.deep.equal([
        'Idempotency-Key',
      ]);
    });

  it('takes the longest key', async () => {
    const key = `${randomUUID()} ~`.padEnd(255, '!');
    expect((await post(NOTIFICATIONS, sms, withKey(key))).json()).to.include({ idempotency_key: key });
    expect((await post(NOTIFICATIONS, sms, withKey(key))).statusCode).to.equal(200);
  });

  it('refuses a body nested deeper than anything valid', async () => {
    const payload = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    for (const url of [NOTIFICATIONS, `${NOTIFICATIONS}/batch`, '/api/v1/dead-letters/redrive']) {
      const headers = { 'content-type': 'application/json', ...withKey(randomUUID()) };
      const answer = await server.app.inject({ method: 'POST', url, payload, headers });
      expect(answer.statusCode, url).to.equal(400);
    }
  });

  describe('of what may be carried out again', () => {
    it('a cancel is 200 again under its key, and 409 under any other', async () => {
      const { id } = (await post(NOTIFICATIONS, sms)).json();
      const [key, other] = [randomUUID(), randomUUID()];
      const first = await cancel(id, key);
      const again = await cancel(id, key);
      expect([first.statusCode, again.statusCode]).to.deep.equal([200, 200]);
      expect(again.json()).to.deep.equal(first.json());
      expect((await cancel(id, other)).json()).to.include({ type: '/probs/invalid-transition' });
      expect((await cancel(id)).statusCode).to.equal(409);
    });

    it('twenty cancels at once under one key are one', async () => {
      const { id } = (await post(NOTIFICATIONS, sms)).json();
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 20 }, () => cancel(id, key)));
      expect(answers.map(({ statusCode }) => statusCode)).to.deep.equal(same(20, 200));
    });

    it('a cancel that came too late stays too late', async () => {
      const { id } = (await post(NOTIFICATIONS, sms)).json();
      const ticket = { cycle: 0, fence: 0, attempt: 1 };
      await claim(server.db, [{ id, ...ticket, claimed_from: 'notifications.sms.normal/0/1' }], 60_000);
      const key = randomUUID();
      for (let times = 0; times < 2; times += 1)
        expect((await cancel(id, key)).json()).to.include({ type: '/probs/invalid-transition' });
    });

    it('a redrive is 200 again under its key, and 409 under any other', async () => {
      const letter = await deadLetter();
      const url = `/api/v1/dead-letters/${letter}/redrive`;
      const key = withKey(randomUUID());
      const redrive = (headers: Record<string, string>) =>
        server.app.inject({ method: 'POST', url, headers });
      const [first, again, other] = [await redrive(key), await redrive(key), await redrive({})];
      expect([first, again, other].map(({ statusCode }) => statusCode)).to.deep.equal([202, 200, 409]);
      expect(again.json()).to.deep.equal(first.json());
    });

    it('what was refused may be put right, and come again under its key', async () => {
      const key = withKey(randomUUID());
      const url = '/api/v1/dead-letters/purge';
      expect((await post(url, { dry_run: 'yes' }, key)).statusCode).to.equal(400);
      expect((await post(url, { dry_run: true }, key)).statusCode).to.equal(200);
      expect((await post(url, { dry_run: 'no' }, key)).statusCode).to.equal(409);
      expect((await post(url, { dry_run: true }, key)).statusCode).to.equal(200);
    });

    it('what was refused may be put right too when a process crashed before it had given the key back', async () => {
      const key = withKey(randomUUID());
      const url = '/api/v1/dead-letters/purge';
      isCrashing = true;
      await post(url, { dry_run: 'yes' }, key);
      isCrashing = false;
      expect((await post(url, { dry_run: true }, key)).statusCode).to.equal(409);
      expect((await post(url, { dry_run: 'yes' }, key)).statusCode).to.equal(400);
      expect((await post(url, { dry_run: true }, key)).statusCode).to.equal(200);
    });

    it('another body under a key is refused everywhere', async () => {
      const key = withKey(randomUUID());
      const url = '/api/v1/dead-letters/redrive';
      expect((await post(url, { channel: 'push' }, key)).statusCode).to.equal(202);
      expect((await post(url, { channel: 'push' }, key)).statusCode).to.equal(200);
      const other = await post(url, { channel: 'email' }, key);
      expect(other.json()).to.include({ type: '/probs/idempotency-key-mismatch', status: 409 });
    });
  });

  function cancel(id: string, key?: string) {
    const headers = key === undefined ? {} : withKey(key);
    return server.app.inject({ method: 'PATCH', url: `${NOTIFICATIONS}/${id}/cancel`, headers });
  }

  /** Of a notification that failed. */
  async function deadLetter(): Promise<string> {
    letters += 1;
    const { id } = (await post(NOTIFICATIONS, sms)).json();
    const ticket = { cycle: 0, fence: 0, attempt: 1 };
    await claim(server.db, [{ id, ...ticket, claimed_from: 'notifications.sms.normal/0/1' }], 60_000);
    const why = { outcome: 'rejected', reason: 'HTTP 400', dead_letter_reason: 'rejected' } as const;
    const call = { provider: 'acme', provider_message_id: null, duration_ms: 3, delay_ms: null };
    await settle(server.db, [{ id, fence: 1, state: 'failed', ...call, ...why }]);
    const place = { log_partition: 5, log_offset: letters, source_topic: 'notifications.sms.normal' };
    const source = { source_partition: 0, source_offset: 1, created_at: Date.now() };
    await indexDeadLetters(server.db, [
      { ...place, ...source, notification_id: id, cycle: 0, channel: 'sms', reason: 'rejected', message: '' },
    ]);
    const [row] = await sql<{ id: string }>('SELECT id FROM dead_letters WHERE notification_id = $1', [id]);
    return row?.id ?? '';
  }

  async function countWithKey(key: string): Promise<number> {
    const rows = await sql('SELECT FROM notifications WHERE idempotency_key = $1', [key]);
    return rows.length;
  }

  function sql<T extends Record<string, unknown>>(text: string, values: unknown[]): Promise<T[]> {
    return server.db.query<T>({ name: '', text }, values);
  }
});

function withKey(key: string): Record<string, string> {
  return { 'idempotency-key': key };
}

function recallNothing(): null {
  return null;
}

function same(count: number, status: number): number[] {
  return Array.from({ length: count }, () => status);
}

import { randomUUID } from 'node:crypto';
import { type DeadLetterReason, type DeadLetterResource, workTopic } from '@fanfare/contracts';
import { claim, DatabaseAway, getNotification, indexDeadLetters, settle, takeAbandoned } from '@fanfare/db';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';

const URL = '/api/v1/dead-letters';
const T0 = Date.parse('2030-01-31T09:00:00Z');
let offset = 0;

describe('dead letters', () => {
  const slept: number[] = [];
  let elapsedMs = 0;
  const server = useServer({
    monotonicMs: () => elapsedMs,
    sleep: (ms) => {
      slept.push(ms);
      elapsedMs += ms;
      return Promise.resolve();
    },
  });
  const { post } = server;
  const sql = (text: string) => server.db.query({ name: '', text }, []);
  beforeEach(async () => {
    slept.length = 0;
    await sql('TRUNCATE dead_letters, deliveries, notifications, outbox');
  });

  /** Notifications that failed, with a dead letter of each, a second apart. */
  async function failures(count: number, reason: DeadLetterReason = 'attempts_exhausted'): Promise<string[]> {
    const members = Array.from({ length: count }, () => ({
      channel: 'sms',
      recipient: '+15550100',
      content: 'x',
    }));
    const batch = (await post('/api/v1/notifications/batch', { notifications: members })).headers['location'];
    const { notifications } = (await server.app.inject(String(batch))).json();
    const ids: string[] = notifications.map(({ id }: { id: string }) => id);
    const requests = ids.map((id) => ({ id, cycle: 0, fence: 0, attempt: 1, claimed_from: 'a/0/0' }));
    await claim(server.db, requests, 10_000);
    await settle(
      server.db,
      ids.map((id) => ({ ...FAILURE, id, fence: 1, dead_letter_reason: reason })),
    );
    await sql('TRUNCATE outbox');
    await letters(ids, reason);
    return ids;
  }

  const FAILURE = {
    state: 'failed',
    delay_ms: null,
    duration_ms: 3,
    provider: 'acme',
    provider_message_id: null,
    outcome: 'unavailable',
    reason: 'HTTP 503',
  } as const;

  async function letters(ids: (string | null)[], reason: string, channel = 'sms'): Promise<void> {
    await indexDeadLetters(
      server.db,
      ids.map((id, index) => ({
        log_partition: 0,
        log_offset: (offset += 1),
        notification_id: id,
        cycle: 0,
        channel,
        reason,
        message: 'HTTP 503',
        source_topic: workTopic('sms', 'normal'),
        source_partition: 1,
        source_offset: 2,
        created_at: T0 + index * 1_000,
      })),
    );
  }

  const list = async (query = '') => (await server.app.inject(`${URL}${query}`)).json();
  const statusOf = async (id: string) => (await getNotification(server.db, id))?.status;

  it('are listed page by page, the newest first', async () => {
    const ids = await failures(5);
    const first = await list('?limit=2&channel=sms&reason=attempts_exhausted');
    expectContract(URL, 'get', '200', first);
    const second = await list(`?limit=2&cursor=${first.next_cursor}`);
    const third = await list(`?limit=2&cursor=${second.next_cursor}`);
    const items: DeadLetterResource[] = [first, second, third].flatMap((page) => page.items);
    expect(items.map(({ notification_id }) => notification_id)).to.deep.equal(ids.toReversed());
    expect(third.next_cursor).to.equal(null);
    expect(
      (await list(`?after=2030-01-31T09:00:01Z&before=2030-01-31T12:00:03%2B03:00`)).items,
    ).to.have.length(2);
    expect((await list('?state=redriven')).items).to.deep.equal([]);
  });

  it('are read, deleted once, and then gone', async () => {
    await letters([null], 'undecodable');
    const { id } = (await list()).items[0];
    const url = `${URL}/${id}`;
    const read = await server.app.inject(url);
    expectContract(`${URL}/{id}`, 'get', '200', read.json());
    expect(read.json()).to.include({ reason: 'undecodable', notification_id: null, resolution: null });
    const deleted = await server.app.inject({ method: 'DELETE', url });
    expect([deleted.statusCode, deleted.body]).to.deep.equal([204, '']);
    for (const method of ['GET', 'DELETE'] as const)
      expect((await server.app.inject({ method, url })).statusCode).to.equal(404);
    expect((await server.app.inject({ method: 'POST', url: `${url}/redrive` })).statusCode).to.equal(404);
  });

  it('are redriven one by one; the second time says why not', async () => {
    const [id = ''] = await failures(1);
    const url = `${URL}/${(await list()).items[0].id}/redrive`;
    const redriven = await server.app.inject({ method: 'POST', url });
    expect(redriven.statusCode).to.equal(202);
    expectContract(`${URL}/{id}/redrive`, 'post', '202', redriven.json());
    expect(redriven.json()).to.include({ resolution: 'redriven', notification_status: 'queued' });
    expect(await takeAbandoned(server.db, 10)).to.have.nested.property('[0].notification_ids[0]', id);
    const again = await server.app.inject({ method: 'POST', url });
    expect(again.json()).to.include({
      status: 409,
      type: '/probs/not-redrivable',
      detail: 'its notification has been redriven already',
    });
  });

  it('are counted by a dry run, which changes nothing', async () => {
    const [id = ''] = await failures(3);
    await letters([randomUUID()], 'invalid');
    const answer = await post(`${URL}/redrive`, { dry_run: true, channel: 'sms' });
    expect(answer.statusCode).to.equal(200);
    expectContract(`${URL}/redrive`, 'post', '200', answer.json());
    expect(answer.json()).to.deep.include({ dry_run: true, redriven: 3, not_redrivable: 1, remaining: 0 });
    expect(await statusOf(id)).to.equal('pending');
    expect((await list('?state=open')).items).to.have.length(4);
  });

  it('are redriven by filter, a thousand a call, until none remains', async () => {
    await failures(1_000);
    await failures(600, 'rejected');
    await letters([randomUUID()], 'rejected', 'push');
    const { as_of } = (await post(`${URL}/redrive`, { dry_run: true })).json();
    const ask = async () =>
      (await post(`${URL}/redrive`, { channel: 'sms', before: '2031-01-01T00:00:00Z' })).json();
    const first = await ask();
    expectContract(`${URL}/redrive`, 'post', '202', first);
    expect(first).to.deep.include({ redriven: 1_000, remaining: 600, dry_run: false });
    expect(Date.parse(first.as_of)).to.be.at.least(Date.parse(as_of));
    expect(await ask()).to.deep.include({ redriven: 600, remaining: 0 });
    expect(await ask()).to.deep.include({ redriven: 0, remaining: 0, not_redrivable: 0 });
    expect((await list('?state=open')).items).to.have.length(1);
    expect(slept).to.deep.equal([]);
  });

  it('are redriven no faster than asked for, in calls that end', async () => {
    await failures(100);
    const startedAtMs = elapsedMs;
    expect((await post(`${URL}/redrive`, { rate: 10 })).json()).to.deep.include({
      redriven: 50,
      remaining: 50,
    });
    expect(elapsedMs - startedAtMs).to.equal(5_000);
    expect(slept).to.deep.equal([1_000, 1_000, 1_000, 1_000, 1_000]);
    await post(`${URL}/redrive`, { rate: 10 });
    expect(elapsedMs - startedAtMs).to.equal(10_000);
  });

  it('are purged by filter, a thousand a call', async () => {
    await letters(
      Array.from({ length: 1_001 }, () => null),
      'too_old',
    );
    await letters([null], 'undecodable');
    const ask = async (more: object) => (await post(`${URL}/purge`, { reason: 'too_old', ...more })).json();
    const preview = await ask({ dry_run: true });
    expectContract(`${URL}/purge`, 'post', '200', preview);
    expect(preview).to.include({ dry_run: true, deleted: 1_001, remaining: 0 });
    expect(await ask({})).to.include({ dry_run: false, deleted: 1_000, remaining: 1 });
    expect(await ask({ state: 'redriven' })).to.include({ deleted: 0, remaining: 0 });
    expect(await ask({})).to.include({ deleted: 1, remaining: 0 });
    expect((await list()).items).to.have.length(1);
  });

  const wrong: [string, string, unknown, string[]][] = [
    [
      'GET',
      '?limit=0&channel=fax&reason=x&state=y&after=1&cursor=zzz&colour=red',
      undefined,
      ['limit', 'channel', 'reason', 'state', 'after', 'cursor', 'colour'],
    ],
    ['GET', '?limit=201', undefined, ['limit']],
    ['GET', '?limit=1e2', undefined, ['limit']],
    ['GET', '?channel=sms&channel=push', undefined, ['channel']],
    ['GET', '?dry_run=true&rate=1', undefined, ['dry_run', 'rate']],
    ['GET', `?cursor=${Buffer.from('1:x').toString('base64url')}`, undefined, ['cursor']],
    ['GET', '?after=2030-01-31T09:00:00Z&before=2030-01-31T09:00:00Z', undefined, ['before']],
    [
      'POST',
      '/redrive',
      { channel: 1, dry_run: 'yes', rate: 0, limit: 5, state: 'open' },
      ['channel', 'dry_run', 'rate', 'limit', 'state'],
    ],
    ['POST', '/redrive', { rate: 10_001 }, ['rate']],
    ['POST', '/redrive', { rate: '5' }, ['rate']],
    ['POST', '/redrive', { rate: 1.5, before: 'yesterday' }, ['before', 'rate']],
    ['POST', '/redrive', [], ['']],
    ['POST', '/redrive', null, ['']],
    ['POST', '/purge', { rate: 1, state: 'gone', constructor: 1 }, ['rate', 'state', 'constructor']],
  ];
  for (const [method, path, payload, fields] of wrong)
    it(`refuses ${method} ${path} ${payload === undefined ? '' : JSON.stringify(payload)}`, async () => {
      const answer =
        method === 'GET' ? await server.app.inject(`${URL}${path}`) : await post(`${URL}${path}`, payload);
      expect(answer.statusCode).to.equal(400);
      expect(answer.json().errors.map(({ field }: { field: string }) => field)).to.have.members(fields);
      expectContract(URL, 'get', '400', answer.json());
    });

  it('takes null for absent, as an answer of ours may be sent back', async () => {
    const none = { channel: null, reason: null, after: null, before: null, rate: null };
    expect((await post(`${URL}/redrive`, none)).statusCode).to.equal(202);
  });

  it('tells at most a hundred unknown fields', async () => {
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 1]));
    expect((await post(`${URL}/redrive`, fields)).json().errors).to.have.length(100);
  });

  it('knows no letter of another id, or of what is no id', async () => {
    for (const id of [randomUUID(), '1', 'redriven'])
      for (const [method, path] of [
        ['GET', ''],
        ['DELETE', ''],
        ['POST', '/redrive'],
      ] as const) {
        const answer = await server.app.inject({ method, url: `${URL}/${id}${path}` });
        expect(answer.statusCode, `${method} ${id}`).to.equal(404);
      }
  });
});

const away = () => Promise.reject(new DatabaseAway('gone'));

describe('dead letters while the database is away', () => {
  const server = useServer({ redriveDeadLetters: away, redriveDeadLetter: away, listDeadLetters: away });

  it('say that some may have been redriven', async () => {
    const urls = [`${URL}/redrive`, `${URL}/${randomUUID()}/redrive`];
    for (const url of urls) {
      const answer = await server.post(url, {});
      expect(answer.statusCode).to.equal(503);
      expect(answer.headers['retry-after']).to.equal('1');
      expect(answer.json().detail).to.include('may have been redriven');
    }
    expect((await server.app.inject(URL)).statusCode).to.equal(503);
  });
});

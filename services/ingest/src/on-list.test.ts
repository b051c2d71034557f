import { randomUUID } from 'node:crypto';
import type { NotificationPage } from '@fanfare/contracts';
import { sweepStatusLists } from '@fanfare/db';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';

const PATH = '/api/v1/notifications';

const contentsOf = ({ items }: NotificationPage): string => items.map(({ content }) => content).join(' ');
const cursorOf = (cursor: string | null): string => cursor ?? expect.fail('there is no cursor');

describe('listing notifications', () => {
  const server = useServer();
  const sql = (text: string, values: unknown[] = []) => server.db.query({ name: '', text }, values);
  let createdAt = 0;
  beforeEach(async () => {
    createdAt = Date.now() - 1_000;
    await sql('TRUNCATE notifications, deliveries, batches, outbox, status_lists');
  });

  /** Each a millisecond after the one before: those of the same one are in the order of their ids. */
  async function create(count: number, change: (i: number) => object = () => ({})): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const body = { channel: 'sms', recipient: '+15550100', content: `${i}`, ...change(i) };
      const { id } = (await server.post(PATH, body)).json();
      createdAt += 1;
      await sql('UPDATE notifications SET created_at = to_timestamp($2 / 1000.0) WHERE id = $1', [
        id,
        createdAt,
      ]);
      ids.push(id);
    }
    return ids;
  }

  async function page(query: Record<string, string>): Promise<NotificationPage> {
    const answer = await server.app.inject({ url: PATH, query });
    expect(answer.statusCode, answer.body).to.equal(200);
    expectContract(PATH, 'get', '200', answer.json());
    return answer.json();
  }

  it('is empty where there is nothing', async () => {
    expect(await page({})).to.deep.equal({ items: [], next_cursor: null, prev_cursor: null });
  });

  it('walks to the oldest and back to the newest', async () => {
    await create(7);
    const first = await page({ limit: '3' });
    expect(contentsOf(first)).to.equal('6 5 4');
    expect(first.prev_cursor).to.equal(null);
    const second = await page({ limit: '3', cursor: cursorOf(first.next_cursor) });
    expect(contentsOf(second)).to.equal('3 2 1');
    const last = await page({ limit: '3', cursor: cursorOf(second.next_cursor) });
    expect(contentsOf(last)).to.equal('0');
    expect(last.next_cursor).to.equal(null);
    const back = await page({ limit: '3', cursor: cursorOf(last.prev_cursor) });
    expect(contentsOf(back)).to.equal('3 2 1');
    expect(back.next_cursor).to.equal(second.next_cursor);
    const newest = await page({ limit: '3', cursor: cursorOf(back.prev_cursor) });
    expect(contentsOf(newest)).to.equal('6 5 4');
    expect(newest.prev_cursor).to.equal(null);
    expect(contentsOf(await page({ limit: '3', cursor: cursorOf(newest.next_cursor) }))).to.equal('3 2 1');
  });

  it('has what arrives meanwhile before the first page, and repeats nothing for it', async () => {
    await create(4);
    const first = await page({ limit: '2' });
    await create(2, (i) => ({ content: `new${i}` }));
    const second = await page({ limit: '2', cursor: cursorOf(first.next_cursor) });
    expect(contentsOf(second)).to.equal('1 0');
    const back = await page({ limit: '2', cursor: cursorOf(second.prev_cursor) });
    expect(contentsOf(back)).to.equal('3 2');
    const newest = await page({ limit: '2', cursor: cursorOf(back.prev_cursor) });
    expect(contentsOf(newest)).to.equal('new1 new0');
  });

  it('finds its way back from a page that was emptied before it was read', async () => {
    const ids = await create(4);
    const first = await page({ limit: '2', status: 'pending' });
    for (const id of ids.slice(0, 2))
      await server.app.inject({ method: 'PATCH', url: `${PATH}/${id}/cancel` });
    const second = await page({ limit: '2', status: 'pending', cursor: cursorOf(first.next_cursor) });
    expect(second).to.deep.include({ items: [], next_cursor: null });
    const back = await page({ limit: '2', status: 'pending', cursor: cursorOf(second.prev_cursor) });
    expect(contentsOf(back)).to.equal('3 2');
    expect(back.prev_cursor).to.equal(null);
  });

  it('takes all filters together', async () => {
    await create(6, (i) => ({
      channel: i < 3 ? 'sms' : 'push',
      priority: i % 2 === 0 ? 'high' : 'low',
    }));
    expect(contentsOf(await page({ channel: 'push' }))).to.equal('5 4 3');
    expect(contentsOf(await page({ channel: 'push', priority: 'low' }))).to.equal('5 3');
    expect(contentsOf(await page({ channel: 'push', priority: 'low', status: 'cancelled' }))).to.equal('');
    const { items } = await page({ channel: 'sms', limit: '1' });
    const [newest] = items;
    const created_after = newest?.created_at ?? '';
    expect(contentsOf(await page({ channel: 'sms', created_after, limit: '1' }))).to.equal('2');
    expect(contentsOf(await page({ correlation_id: newest?.correlation_id ?? '' }))).to.equal('2');
  });

  it('finds the members of a batch', async () => {
    const notifications = ['a', 'b', 'c'].map((content) => ({
      channel: 'sms',
      recipient: '+15550100',
      content,
    }));
    const { id } = (await server.post(`${PATH}/batch`, { notifications })).json();
    await create(1);
    expect(contentsOf(await page({ batch_id: id }))).to.equal('c b a');
    expect(contentsOf(await page({ batch_id: id.toUpperCase(), status: 'pending', limit: '2' }))).to.equal(
      'c b',
    );
  });

  it('tells a status before and after it was swept into its list', async () => {
    const [id] = await create(1);
    expect(contentsOf(await page({ status: 'pending' }))).to.equal('0');
    await sql(`UPDATE notifications SET created_at = now() - interval '25 seconds'`);
    await sql(`UPDATE status_lists_swept SET until = now() - interval '30 seconds'`);
    await sweepStatusLists(server.db);
    expect(contentsOf(await page({ status: 'pending' }))).to.equal('0');
    await server.app.inject({ method: 'PATCH', url: `${PATH}/${id}/cancel` });
    expect(contentsOf(await page({ status: 'pending' }))).to.equal('');
    expect(contentsOf(await page({ status: 'cancelled' }))).to.equal('0');
  });

  it('refuses a cursor with other filters, and one that is not its own', async () => {
    await create(3);
    const { next_cursor } = await page({ limit: '1', channel: 'sms' });
    const cursor = cursorOf(next_cursor);
    for (const query of [
      { cursor },
      { cursor, channel: 'email' },
      { cursor: `${cursor}A`, channel: 'sms' },
      { cursor: 'x' },
    ]) {
      const answer = await server.app.inject({ url: PATH, query });
      expect(answer.statusCode).to.equal(400);
      expect(answer.json()).to.include({ type: '/probs/invalid-cursor' });
      expect(answer.json().errors).to.have.length(1);
    }
  });

  const refusals: [string, string][] = [
    ['status=done', 'status'],
    ['channel=fax', 'channel'],
    ['priority=urgent', 'priority'],
    ['batch_id=1', 'batch_id'],
    ['template_id=', 'template_id'],
    ['correlation_id=', 'correlation_id'],
    ['correlation_id=a%00b', 'correlation_id'],
    [`correlation_id=${'x'.repeat(256)}`, 'correlation_id'],
    ['created_after=yesterday', 'created_after'],
    ['created_before=2030-13-01T00:00:00Z', 'created_before'],
    ['created_after=2030-01-01T00:00:00Z&created_before=2030-01-01T00:00:00Z', 'created_before'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=', 'cursor'],
    [`batch_id=${randomUUID()}&batch_id=${randomUUID()}`, 'batch_id'],
    ['colour=red', 'colour'],
    ['__proto__=1', '__proto__'],
  ];
  for (const [query, field] of refusals)
    it(`refuses ${query.slice(0, 60)}`, async () => {
      const answer = await server.app.inject(`${PATH}?${query}`);
      expect(answer.statusCode).to.equal(400);
      expectContract(PATH, 'get', '400', answer.json());
      expect(answer.json().errors.map((error: { field: string }) => error.field)).to.deep.equal([field]);
    });

  it('tells all that is wrong at once', async () => {
    const answer = await server.app.inject(`${PATH}?status=x&limit=0&batch_id=1&colour=red&cursor=`);
    expect(answer.json().errors).to.have.length(5);
  });

  for (const time of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])
    it(`takes times as far away as ${time}`, async () => {
      await create(1);
      const isLate = time.startsWith('9');
      expect(contentsOf(await page({ created_after: time }))).to.equal(isLate ? '' : '0');
      expect(contentsOf(await page({ created_before: time }))).to.equal(isLate ? '0' : '');
    });
});

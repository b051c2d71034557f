import { STATUSES } from '@fanfare/contracts';
import { type DeliveryState, statusOf, versionOf } from '@fanfare/domain';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { shuffled, store, useDatabase } from './fixture.ts';
import { sweepStatusLists } from './index.ts';

/** Of notifications that must be listed: what they are, and what the list says of them. */
const COMPARED = `
  SELECT n.id, n.status, s.status AS listed FROM notifications n LEFT JOIN status_lists s USING (id), status_lists_swept
  WHERE n.created_at < until OR n.status IN ('retrying', 'failed', 'cancelled', 'expired')`;

describe('lists by status', () => {
  const test = useDatabase();

  beforeEach(async () => {
    await test.sql('TRUNCATE deliveries, notifications, status_lists, outbox');
    await test.sql(`UPDATE status_lists_swept SET until = now() - interval '20 seconds'`);
  });

  /** Shows a state as it is after so many claims and redrives. */
  const show = (id: string, state: DeliveryState, { fence = 0, cycle = 0 } = {}) =>
    test.sql('UPDATE notifications SET status = $2, version = $3 WHERE id = $1', [
      id,
      statusOf(state),
      versionOf({ state, fence, cycle }),
    ]);
  const age = (id: string, seconds: number) =>
    test.sql(`UPDATE notifications SET created_at = now() - $2 * interval '1 second' WHERE id = $1`, [
      id,
      seconds,
    ]);
  const listed = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await test.sql<{ id: string; status: string }>('SELECT id, status FROM status_lists')).map(
        ({ id, status }) => [id, status],
      ),
    );
  const waiting = async (forWhat: string): Promise<number> => {
    const text = `SELECT FROM pg_stat_activity WHERE wait_event = $1 AND datname = current_database()`;
    return (await test.sql(text, [forWhat])).length;
  };
  const one = async (): Promise<string> => (await store(test.db, [{}]))[0] ?? '';

  it('never see what is delivered at once', async () => {
    const id = await one();
    await show(id, 'accepted');
    await show(id, 'processing', { fence: 1 });
    await show(id, 'delivered', { fence: 1 });
    expect(await listed()).to.deep.equal({});
    await sweepStatusLists(test.db);
    expect(await listed()).to.deep.equal({});
  });

  const ends = ['retrying', 'failed', 'cancelled', 'expired'] as const;
  for (const state of ends)
    it(`know at once what is ${state}`, async () => {
      const id = await one();
      await show(id, state);
      expect(await listed()).to.deep.equal({ [id]: state });
    });

  it('follow one that is retried, and let go of it when it is delivered', async () => {
    const id = await one();
    await show(id, 'processing', { fence: 1 });
    for (const [state, fence] of [
      ['retrying', 1],
      ['processing', 2],
      ['retrying', 2],
      ['processing', 3],
    ] as const) {
      await show(id, state, { fence });
      expect(await listed()).to.deep.equal({ [id]: state });
    }
    await show(id, 'delivered', { fence: 3 });
    await sweepStatusLists(test.db);
    expect(await listed()).to.deep.equal({});
  });

  it('follow one that is redriven, and let go of it when it is delivered', async () => {
    const id = await one();
    await show(id, 'failed', { fence: 1 });
    await show(id, 'accepted', { fence: 1, cycle: 1 });
    await show(id, 'processing', { fence: 2, cycle: 1 });
    expect(await listed()).to.deep.equal({ [id]: 'processing' });
    await show(id, 'delivered', { fence: 2, cycle: 1 });
    await sweepStatusLists(test.db);
    expect(await listed()).to.deep.equal({});
  });

  it('take in by a sweep what is still open after 20 seconds, and follow it from then on', async () => {
    const [old, young, done] = [await one(), await one(), await one()];
    await test.sql(`UPDATE status_lists_swept SET until = now() - interval '30 seconds'`);
    await age(old, 25);
    await age(done, 25);
    await test.sql('ALTER TABLE notifications DISABLE TRIGGER list_status');
    await show(done, 'delivered');
    await test.sql('ALTER TABLE notifications ENABLE TRIGGER list_status');
    expect(await sweepStatusLists(test.db)).to.equal(false);
    expect(await listed()).to.deep.equal({ [old]: 'pending' });
    await show(old, 'accepted');
    await show(young, 'accepted');
    expect(await listed()).to.deep.equal({ [old]: 'queued' });
    await show(old, 'delivered');
    await sweepStatusLists(test.db);
    expect(await listed()).to.deep.equal({});
  });

  it('catch up a minute at a time with sweeps that were not made', async () => {
    const ids = [await one(), await one(), await one()];
    for (const [i, id] of ids.entries()) await age(id, 170 - i * 60);
    await test.sql(`UPDATE status_lists_swept SET until = now() - interval '190 seconds'`);
    const more: boolean[] = [];
    do more.push(await sweepStatusLists(test.db));
    while (more.at(-1) === true);
    expect(more).to.deep.equal([true, true, false]);
    expect(await listed()).to.have.all.keys(ids);
  });

  it('forget what is deleted', async () => {
    const id = await one();
    await show(id, 'failed');
    await test.sql('DELETE FROM notifications');
    expect(await listed()).to.deep.equal({});
  });

  it('take in what an update under way makes of it that began before the age limit', async () => {
    const id = await one();
    await show(id, 'accepted');
    await age(id, 19);
    const [holder, updater, sweeper] = [test.connect(1), test.connect(1), test.connect(1)];
    await holder.query({ name: '', text: 'SELECT pg_advisory_lock(1)' }, []);
    const text = `
      WITH shown AS (UPDATE notifications SET status = 'processing' WHERE id = $1 RETURNING id)
      SELECT pg_advisory_lock(1) FROM shown`;
    const updating = updater.query({ name: '', text }, [id]);
    await eventually(async () => (await waiting('advisory')) === 1);
    let isSwept = false;
    const sweeping = (async () => {
      while (!isSwept) {
        await sweepStatusLists(sweeper);
        const [row] = await test.sql<{ past: boolean }>(
          'SELECT until > created_at AS past FROM notifications, status_lists_swept WHERE id = $1',
          [id],
        );
        isSwept = row?.past === true;
      }
    })();
    // Who does not wait for the update has listed what it reads meanwhile.
    await eventually(async () => isSwept || (await waiting('transactionid')) === 1);
    await holder.query({ name: '', text: 'SELECT pg_advisory_unlock(1)' }, []);
    await Promise.all([updating, sweeping]);
    expect(await listed()).to.deep.equal({ [id]: 'processing' });
  });

  // Delivered is final, in the machine as here.
  it('say of each what it is, however sweeps and updates meet at the age limit', async () => {
    const ids = await store(
      test.db,
      Array.from({ length: 400 }, () => ({ content: 'x' })),
    );
    // They come of age one after the other in the next half second.
    await test.sql(
      `
      UPDATE notifications n SET created_at = now() - interval '20 seconds' + i * interval '1 millisecond'
      FROM unnest($1::uuid[]) WITH ORDINALITY AS u(id, i) WHERE u.id = n.id`,
      [ids],
    );
    const workers = Array.from({ length: 3 }, (_, worker) => async (): Promise<void> => {
      const db = test.connect(1);
      for (const [i, id] of shuffled(ids, worker + 1).entries())
        await db.query(
          {
            name: 'show',
            text: "UPDATE notifications SET status = $2 WHERE id = $1 AND status <> 'delivered'",
          },
          [id, ['queued', 'processing', 'pending', 'delivered'][(i + worker) % 4]],
        );
    });
    const working = new Set(workers);
    const sweeping = async (): Promise<void> => {
      while (working.size > 0) await sweepStatusLists(test.db);
    };
    await Promise.all([sweeping(), ...workers.map((work) => work().finally(() => working.delete(work)))]);
    await test.sql(`UPDATE notifications SET created_at = created_at`);
    const compared = await test.sql<{ id: string; status: string; listed: string | null }>(COMPARED);
    const wrong = compared.filter(({ status, listed: said }) =>
      status === 'delivered' ? said !== null && said !== status : said !== status,
    );
    expect(wrong).to.deep.equal([]);
    expect(new Set(compared.map(({ status }) => status)).size).to.be.greaterThan(2);
    expect(STATUSES).to.include.members(compared.map(({ status }) => status));
  });
});

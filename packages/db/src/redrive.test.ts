import { randomUUIDv7 } from 'node:crypto';
import { DEAD_LETTER_REASONS } from '@fanfare/contracts';
import { type Draft, nextTicket, statusEvent, versionOf } from '@fanfare/domain';
import { expect } from 'chai';
import { deadLetter, delivered, firstClaim, force, store, useDatabase } from './fixture.ts';
import {
  claim,
  countOpenDeadLetters,
  type DeadLetter,
  type DeadLetterFilter,
  deleteDeadLetter,
  deliverLate,
  getDeadLetter,
  getNotification,
  indexDeadLetters,
  listDeadLetters,
  previewRedrive,
  project,
  readProgress,
  readPublishable,
  redriveDeadLetter,
  redriveDeadLetters,
  type Resolutions,
  settle,
  takeAbandoned,
} from './index.ts';

const LEASE_MS = 12_000;
const TOPIC = 'notifications.status';
const ALL: DeadLetterFilter = { channel: null, reason: null, after: null, before: null };
const NONE: Resolutions = {
  redriven: 0,
  already_redriven: 0,
  delivered: 0,
  cancelled: 0,
  expired: 0,
  not_redrivable: 0,
};

describe('redriving dead letters', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE dead_letters, outbox, deliveries, notifications, status_events'));

  /** Notifications that failed at their first attempt, each told to clients. */
  async function failed(drafts: Partial<Draft>[]): Promise<string[]> {
    const ids = await store(test.db, drafts);
    await claim(
      test.db,
      ids.map((id) => firstClaim(id)),
      LEASE_MS,
    );
    await settle(
      test.db,
      ids.map((id) => delivered(id, FAILURE)),
    );
    await tell(ids);
    await test.sql('TRUNCATE outbox');
    return ids;
  }

  const FAILURE = {
    state: 'failed',
    outcome: 'unavailable',
    reason: 'HTTP 503',
    dead_letter_reason: 'attempts_exhausted',
    provider_message_id: null,
  } as const;

  /** The projector's part: what Kafka tells of rows as they are now. */
  async function tell(ids: string[]): Promise<void> {
    const expected = await readProgress(test.db, TOPIC, 0);
    const rows = await readPublishable(test.db, ids);
    const events = rows.map(({ notification, delivery }, index) => ({
      ...statusEvent(notification, delivery),
      log_partition: 0,
      log_offset: expected + index,
    }));
    await project(test.db, TOPIC, [{ partition: 0, expected, next: expected + ids.length }], events);
  }

  async function letters(ids: (string | null)[], change: Partial<DeadLetter> = {}): Promise<void> {
    await indexDeadLetters(
      test.db,
      ids.map((id) => deadLetter({ notification_id: id, ...change })),
    );
  }

  const deliveryOf = async (id: string) => {
    const [row] = await readPublishable(test.db, [id]);
    if (row === undefined) throw new Error('no row');
    return row.delivery;
  };
  const list = () => listDeadLetters(test.db, { ...ALL, state: null }, { limit: 200, after: null });
  const idOfLetter = async () => (await list())[0]?.id ?? '';

  it('makes it a notification of the next cycle that nobody has tried yet', async () => {
    const expires_at = Date.now() + 3_600_000;
    const [id = ''] = await failed([{ expires_at }]);
    const before = await deliveryOf(id);
    await letters([id]);
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal({ ...NONE, redriven: 1 });
    const after = await deliveryOf(id);
    expect(after).to.deep.equal({
      ...before,
      state: 'accepted',
      cycle: 1,
      attempt: 0,
      fence: 1,
      due_at: expires_at,
      at: after.at,
      started_at: null,
      duration_ms: null,
      provider: null,
      provider_message_id: null,
      outcome: null,
      reason: null,
    });
    expect(after.at).to.be.at.least(before.at);
    expect(nextTicket(after)).to.deep.equal({ cycle: 1, fence: 1, attempt: 1 });
    const [held] = await test.sql(
      'SELECT claimed_from, lease_until, reclaims, dead_letter_reason, republished_at FROM deliveries',
    );
    expect(held).to.deep.equal({
      claimed_from: null,
      lease_until: null,
      reclaims: 0,
      dead_letter_reason: null,
      republished_at: null,
    });
  });

  it('shows it queued at once, and what is told later of its failure does not bring that back', async () => {
    const [id = ''] = await failed([{}]);
    expect(await getNotification(test.db, id)).to.include({ status: 'failed', failure_reason: 'HTTP 503' });
    const failure = statusEvent(
      (await readPublishable(test.db, [id]))[0]!.notification,
      await deliveryOf(id),
    );
    await letters([id]);
    await redriveDeadLetters(test.db, ALL, 10);
    const { at } = await deliveryOf(id);
    const queued = {
      status: 'queued',
      attempts: 0,
      failure_reason: null,
      failed_at: null,
      updated_at: new Date(at).toISOString(),
    };
    expect(await getNotification(test.db, id)).to.include(queued);
    const expected = await readProgress(test.db, TOPIC, 0);
    const late = { ...failure, log_partition: 0, log_offset: expected };
    await project(test.db, TOPIC, [{ partition: 0, expected, next: expected + 1 }], [late]);
    await tell([id]);
    expect(await getNotification(test.db, id)).to.include(queued);
    const [row] = await test.sql('SELECT version FROM notifications');
    expect(row).to.deep.equal({ version: versionOf({ state: 'accepted', cycle: 1, fence: 1 }) });
  });

  it('promises a group in one row, which the scheduler may keep at once', async () => {
    const ids = await failed([{}, {}, {}]);
    await letters(ids);
    await redriveDeadLetters(test.db, ALL, 10);
    const [promised, ...others] = await takeAbandoned(test.db, 10);
    expect(others).to.deep.equal([]);
    expect(promised?.notification_ids).to.have.members(ids);
  });

  it('is not claimed by a record of the cycle before, and is by its own', async () => {
    const [id = ''] = await failed([{}]);
    await letters([id]);
    await redriveDeadLetters(test.db, ALL, 10);
    const old = [firstClaim(id), firstClaim(id, { fence: 1, attempt: 2 })];
    for (const request of old)
      expect((await claim(test.db, [request], LEASE_MS)).get(id)?.verdict).to.equal('refused');
    const own = firstClaim(id, { cycle: 1, fence: 1, attempt: 1 });
    expect((await claim(test.db, [own], LEASE_MS)).get(id)?.delivery).to.include({
      state: 'processing',
      cycle: 1,
      attempt: 1,
      fence: 2,
    });
  });

  it('takes the oldest that match, so many at a time, and says how many are left', async () => {
    const ids = await failed(Array.from({ length: 5 }, () => ({})));
    await letters(ids);
    expect(await redriveDeadLetters(test.db, ALL, 2)).to.deep.equal({ ...NONE, redriven: 2 });
    expect((await countOpenDeadLetters(test.db, ALL)).found).to.equal(3);
    expect((await countOpenDeadLetters(test.db, ALL, 2)).found).to.equal(1);
    const states = await Promise.all(ids.map(async (id) => (await deliveryOf(id)).state));
    expect(states).to.deep.equal(['accepted', 'accepted', 'failed', 'failed', 'failed']);
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal({ ...NONE, redriven: 3 });
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal(NONE);
    expect((await countOpenDeadLetters(test.db, ALL)).found).to.equal(0);
  });

  it('takes only what the filter says', async () => {
    const ids = await failed([{}, {}, {}, {}]);
    const [one, two, three, four] = ids as [string, string, string, string];
    await indexDeadLetters(test.db, [
      deadLetter({ notification_id: one, created_at: 1_000, reason: 'rejected' }),
      deadLetter({ notification_id: two, created_at: 2_000, channel: 'email' }),
      deadLetter({ notification_id: three, created_at: 3_000 }),
      deadLetter({ notification_id: four, created_at: 4_000, channel: null }),
    ]);
    const cases: [Partial<DeadLetterFilter>, number][] = [
      [{ reason: 'rejected' }, 1],
      [{ channel: 'email' }, 1],
      [{ channel: 'email', reason: 'rejected' }, 0],
      [{ after: 2_000 }, 3],
      [{ before: 2_000 }, 1],
      [{ after: 2_000, before: 4_000 }, 2],
    ];
    for (const [filter, redriven] of cases)
      expect(await previewRedrive(test.db, { ...ALL, ...filter }), JSON.stringify(filter)).to.include({
        redriven,
      });
    await redriveDeadLetters(test.db, { ...ALL, after: 2_000, before: 4_000, channel: 'sms' }, 10);
    const states = await Promise.all(ids.map(async (id) => (await deliveryOf(id)).state));
    expect(states).to.deep.equal(['failed', 'failed', 'accepted', 'failed']);
  });

  it('skips what is delivered, cancelled, expired or redriven by now, and what never was that notification', async () => {
    const count = 8;
    const ids = await failed(Array.from({ length: count }, () => ({})));
    const [late, cancelled, expired, overdue, again, conflict, forged, good] = ids as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    await deliverLate(test.db, [{ id: late, provider: 'acme', provider_message_id: 'm', duration_ms: 1 }]);
    await force(test, cancelled, `state = 'cancelled'`);
    await force(test, expired, `state = 'expired'`);
    await force(test, overdue, 'expires_at = now()');
    await force(test, again, 'cycle = 1');
    await letters([late, cancelled, expired, overdue, again, good]);
    await letters([conflict], { reason: 'id_conflict' });
    await letters([forged], { cycle: 7 });
    await letters([randomUUIDv7(), null]);
    const wanted = {
      redriven: 1,
      already_redriven: 1,
      delivered: 1,
      cancelled: 1,
      expired: 2,
      not_redrivable: 4,
    };
    expect(await previewRedrive(test.db, ALL)).to.deep.equal(wanted);
    const rows = () => test.sql('SELECT id, state, cycle FROM deliveries WHERE id <> $1 ORDER BY id', [good]);
    const untouched = await rows();
    expect(await redriveDeadLetters(test.db, ALL, 100)).to.deep.equal(wanted);
    expect(await rows()).to.deep.equal(untouched);
    expect((await deliveryOf(good)).state).to.equal('accepted');
    expect((await list()).every(({ resolved_at }) => resolved_at !== null)).to.equal(true);
  });

  for (const reason of DEAD_LETTER_REASONS)
    it(`${isOfAttempt(reason) ? 'redrives' : 'leaves'} a letter that says ${reason}`, async () => {
      const [id = ''] = await failed([{}]);
      await letters([id], { reason });
      const counts = await redriveDeadLetters(test.db, ALL, 10);
      expect(counts.redriven).to.equal(isOfAttempt(reason) ? 1 : 0);
      expect(counts.not_redrivable).to.equal(isOfAttempt(reason) ? 0 : 1);
    });

  it('redrives once what has two letters, in one group or two', async () => {
    const [id = '', other = ''] = await failed([{}, {}]);
    await letters([id, id, other]);
    expect(await previewRedrive(test.db, ALL)).to.include({ redriven: 2, already_redriven: 1 });
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal({
      ...NONE,
      redriven: 2,
      already_redriven: 1,
    });
    await letters([other]);
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal({ ...NONE, already_redriven: 1 });
    expect((await deliveryOf(id)).cycle).to.equal(1);
  });

  it('does the same once, however many ask at the same time', async () => {
    const ids = await failed(Array.from({ length: 300 }, () => ({})));
    await letters([...ids, ...ids].toSorted());
    const several = test.connect(6);
    const runs = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        i % 3 === 0
          ? idOfLetter().then((id) =>
              redriveDeadLetter(several, id).then((one) => (one === 'redriven' ? 1 : 0)),
            )
          : redriveDeadLetters(several, ALL, 60).then(({ redriven }) => redriven),
      ),
    );
    const rest = await redriveDeadLetters(test.db, ALL, 1_000);
    expect([...runs, rest.redriven].reduce((sum, n) => sum + n, 0)).to.equal(ids.length);
    expect(await test.sql('SELECT DISTINCT state, cycle FROM deliveries')).to.deep.equal([
      { state: 'accepted', cycle: 1 },
    ]);
    const promised = (await takeAbandoned(test.db, 100)).flatMap(({ notification_ids }) => notification_ids);
    expect(promised.toSorted()).to.deep.equal(ids.toSorted());
  });

  it('looks at each letter once, however many ask at the same time', async () => {
    await letters(await failed(Array.from({ length: 200 }, () => ({}))));
    const several = test.connect(8);
    const runs = await Promise.all(Array.from({ length: 16 }, () => redriveDeadLetters(several, ALL, 50)));
    const rest = await redriveDeadLetters(test.db, ALL, 1_000);
    const lookedAt = [...runs, rest].flatMap((counts) => Object.values(counts));
    expect(lookedAt.reduce((sum, n) => sum + n, 0)).to.equal(200);
  });

  it('drives what failed again, in its next cycle, by its next letter', async () => {
    const [id = ''] = await failed([{}]);
    await letters([id]);
    await redriveDeadLetters(test.db, ALL, 10);
    await claim(test.db, [firstClaim(id, { cycle: 1, fence: 1 })], LEASE_MS);
    await settle(test.db, [delivered(id, { ...FAILURE, fence: 2 })]);
    await letters([id], { cycle: 1 });
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal({ ...NONE, redriven: 1 });
    expect(await deliveryOf(id)).to.include({ state: 'accepted', cycle: 2, fence: 2 });
  });

  it('stops before versions run out', async () => {
    const [id = '', last = ''] = await failed([{}, {}]);
    await force(test, id, 'cycle = 2000');
    await force(test, last, 'cycle = 1999');
    await letters([id], { cycle: 2_000 });
    await letters([last], { cycle: 1_999 });
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal({
      ...NONE,
      redriven: 1,
      not_redrivable: 1,
    });
  });

  it('only looks when asked for a preview', async () => {
    const [id = ''] = await failed([{}]);
    await letters([id]);
    await previewRedrive(test.db, ALL);
    expect((await deliveryOf(id)).state).to.equal('failed');
    expect(await list()).to.have.nested.property('[0].resolution', null);
    expect(await takeAbandoned(test.db, 10)).to.deep.equal([]);
  });

  it('redrives one by its id, and says what stands against it the second time', async () => {
    const [id = ''] = await failed([{}]);
    await letters([id]);
    const letter = await idOfLetter();
    expect(await redriveDeadLetter(test.db, letter)).to.equal('redriven');
    expect(await redriveDeadLetter(test.db, letter)).to.equal('already_redriven');
    await deliverLate(test.db, [{ id, provider: null, provider_message_id: null, duration_ms: null }]);
    expect(await redriveDeadLetter(test.db, letter)).to.equal('delivered');
    expect(await getDeadLetter(test.db, letter)).to.include({ resolution: 'redriven' });
    expect(await redriveDeadLetter(test.db, randomUUIDv7())).to.equal(null);
  });

  it('does not redrive a deleted letter', async () => {
    await letters(await failed([{}]));
    const letter = await idOfLetter();
    await deleteDeadLetter(test.db, letter);
    expect(await redriveDeadLetter(test.db, letter)).to.equal(null);
    expect(await redriveDeadLetters(test.db, ALL, 10)).to.deep.equal(NONE);
  });
});

function isOfAttempt(reason: string): boolean {
  return !['id_conflict', 'row_missing', 'too_old', 'too_large', 'undecodable', 'invalid'].includes(reason);
}

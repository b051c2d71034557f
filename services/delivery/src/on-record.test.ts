import { randomUUID } from 'node:crypto';
import {
  DEAD_LETTER_HEADER,
  DEAD_LETTER_TOPIC,
  HEADER,
  type Notification,
  type StatusEvent,
} from '@fanfare/contracts';
import {
  type Accepted,
  acceptGroup,
  adoptForeign,
  cancel,
  claim,
  deliverLate,
  giveUp,
  readPublishable,
  settle,
  takeAbandoned,
  notificationOf,
} from '@fanfare/db';
import { accepted, useDatabase } from '@fanfare/db/fixture';
import { type Delivery, type Outcome, statusEvent, workHeaders } from '@fanfare/domain';
import { type ConsumedRecord, type OutgoingRecord, PublishRefused } from '@fanfare/kafka';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import type { Pass } from './gate.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import { type DeliveryDeps, onRecord } from './on-record.ts';

const LEASE_MS = 60_000;
const TOPIC = 'notifications.sms.normal';

/** The rules of a delivery on a real database; only the provider, and Kafka's end of `publish`, are the test's. */
describe('onRecord', () => {
  const test = useDatabase();
  let offset = 0;

  it('claims, announces, calls once, settles, publishes what follows', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'accepted', messageId: 'm-1' }]);
    await run(world.deps, record);
    expect(world.calls).to.equal(1);
    expect(world.statuses()).to.deep.equal(['processing', 'delivered']);
    expect(await row(notification.id)).to.include({
      state: 'delivered',
      attempt: 1,
      fence: 1,
      provider_message_id: 'm-1',
    });
  });

  it('sends a copy of the record at another offset nowhere', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    await run(world.deps, record);
    await run(world.deps, { ...record, offset: (offset += 1) });
    expect(world.calls).to.equal(1);
    expect(world.statuses()).to.deep.equal(['processing', 'delivered']);
  });

  it('publishes again, and does not call again, when it died between settling and publishing', async () => {
    const { notification, record } = await store();
    const dying = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    await interrupted(run({ ...dying.deps, publish: dieAfterAnnouncing() }, record));
    const reborn = worldOf(notification, []);
    await run(reborn.deps, record);
    expect(reborn.calls).to.equal(0);
    expect(reborn.statuses()).to.deep.equal(['delivered']);
  });

  it('puts a failed attempt into the retry topic with the ticket of the next one', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [unavailable()]);
    await run(world.deps, record);
    expect(world.statuses()).to.deep.equal(['processing', 'retrying']);
    const retry = world.published.find(({ topic }) => topic === 'notifications.sms.retry.1');
    expect(retry?.value).to.equal(record.value);
    expect(retry?.headers).to.include({
      [HEADER.attempt]: '2',
      [HEADER.fence]: '1',
      [HEADER.notBefore]: String((await row(notification.id)).due_at),
      [HEADER.returnTo]: TOPIC,
    });
  });

  it('uses the attempt of an unanswered call, and makes the next one soon while another provider is open', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [], undefined);
    const unanswered = {
      outcome: { kind: 'unknown', reason: 'no answer' },
      provider: 'test',
      durationMs: 1,
    } as const;
    const call = () => Promise.resolve({ ...unanswered, isNextOpen: true });
    await run({ ...world.deps, delaysMs: [30_000], random: () => 0, call }, record);
    expect(returned(world.published).headers[HEADER.attempt]).to.equal('2');
    const { at, due_at } = await row(notification.id);
    expect(due_at).to.equal(at + 1_000);
  });

  it('repeats the very same retry when it died before publishing it', async () => {
    const { notification, record } = await store();
    const dying = worldOf(notification, [unavailable()]);
    const lost: OutgoingRecord[] = [];
    await interrupted(run({ ...dying.deps, publish: dieAfterAnnouncing(lost) }, record));
    const reborn = worldOf(notification, []);
    await run(reborn.deps, record);
    expect(reborn.calls).to.equal(0);
    expect(reborn.published).to.deep.equal(lost);
  });

  it('makes the next attempt from the retry record, and only once', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [unavailable(), { kind: 'accepted', messageId: null }]);
    await run(world.deps, record);
    const retry = returned(world.published);
    await run(world.deps, retry);
    await run(world.deps, { ...retry, offset: (offset += 1) });
    await run(world.deps, record);
    expect(world.calls).to.equal(2);
    expect(await row(notification.id)).to.include({ state: 'delivered', attempt: 2, fence: 2 });
  });

  it('uses no attempt for a throttled call', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'throttled', reason: '429', retryAfterMs: 1 }]);
    await run(world.deps, record);
    expect(returned(world.published).headers[HEADER.attempt]).to.equal('1');
  });

  it('gives an attempt back of which no call was made', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, []);
    await run({ ...world.deps, call: () => Promise.resolve(null) }, record);
    expect(world.statuses()).to.deep.equal(['processing', 'retrying']);
    expect(returned(world.published).headers[HEADER.attempt]).to.equal('1');
  });

  it('comes back when a dead worker’s lease is over, then makes the attempt again', async () => {
    const { notification, record } = await store();
    const dying = worldOf(notification, []);
    await interrupted(run({ ...dying.deps, call: () => Promise.reject(new Error('killed')) }, record));
    const reborn = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    const before = Date.now();
    const verdict = await run(reborn.deps, record);
    expect(verdict.done).to.equal(false);
    expect(verdict)
      .to.have.property('againAtMs')
      .that.is.within(before, before + 2 * LEASE_MS);
    expect(reborn.calls).to.equal(0);
    await endLease(notification.id);
    expect(await run(reborn.deps, record)).to.deep.equal({ done: true });
    expect(reborn.calls).to.equal(1);
    expect(await row(notification.id)).to.include({ state: 'delivered', attempt: 1, fence: 2 });
  });

  it('leaves an attempt alone that another record holds', async () => {
    const { notification, record } = await store();
    const dying = worldOf(notification, []);
    await interrupted(run({ ...dying.deps, call: () => Promise.reject(new Error('killed')) }, record));
    const other = worldOf(notification, []);
    await run(other.deps, { ...record, offset: (offset += 1) });
    expect(other.calls).to.equal(0);
    expect(other.published).to.be.empty;
  });

  it('records what was accepted although the lease was lost, with a promise to publish it', async () => {
    const { notification, record } = await store();
    const slow = worldOf(notification, [{ kind: 'accepted', messageId: 'late' }]);
    const call: DeliveryDeps['call'] = async (...args) => {
      await endLease(notification.id);
      await claim(
        test.db,
        [{ id: notification.id, cycle: 0, fence: 0, attempt: 1, claimed_from: 'elsewhere' }],
        LEASE_MS,
      );
      return slow.deps.call(...args);
    };
    await run({ ...slow.deps, call }, record);
    expect(await row(notification.id)).to.include({ state: 'delivered', provider_message_id: 'late' });
    expect(slow.statuses()).to.deep.equal(['processing']);
    expect(await promisedFor(notification.id)).to.equal(true);
  });

  it('says nothing of a failure whose lease was lost: another worker has the attempt', async () => {
    const { notification, record } = await store();
    const slow = worldOf(notification, [unavailable()]);
    const call: DeliveryDeps['call'] = async (...args) => {
      await endLease(notification.id);
      await claim(
        test.db,
        [{ id: notification.id, cycle: 0, fence: 0, attempt: 1, claimed_from: 'elsewhere' }],
        LEASE_MS,
      );
      return slow.deps.call(...args);
    };
    await run({ ...slow.deps, call }, record);
    expect(await row(notification.id)).to.include({ state: 'processing', fence: 2 });
    expect(slow.statuses()).to.deep.equal(['processing']);
  });

  it('sends a rejected one to the dead letters, bytes untouched', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'rejected', reason: 'no such number' }]);
    await run(world.deps, record);
    const letter = world.published.find(({ topic }) => topic === DEAD_LETTER_TOPIC);
    expect(letter?.value).to.equal(record.value);
    expect(letter?.headers).to.include({
      [DEAD_LETTER_HEADER.reason]: 'rejected',
      [DEAD_LETTER_HEADER.message]: 'no such number',
      [DEAD_LETTER_HEADER.topic]: TOPIC,
      [DEAD_LETTER_HEADER.offset]: String(record.offset),
    });
    expect(world.statuses()).to.deep.equal(['processing', 'failed']);
  });

  it('ends as failed, with a dead letter, when Kafka will never take the retry', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [unavailable()]);
    await run({ ...world.deps, publish: refusing(world, '.retry.') }, record);
    expect(world.statuses()).to.deep.equal(['processing', 'retrying', 'failed']);
    expect(reasonOf(world.published)).to.equal('publish_refused');
    expect(await row(notification.id)).to.include({
      state: 'failed',
      attempt: 1,
      reason: 'the retry could not be stored: Kafka refused 1 records: MESSAGE_TOO_LARGE',
    });
  });

  it('gives nothing up that was cancelled while its retry was refused', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [unavailable()]);
    const publish = refusing(world, '.retry.');
    await run(
      {
        ...world.deps,
        publish: async (records, ifRefused) => {
          if (ifRefused !== undefined) await cancel(test.db, notification.id, randomUUID());
          await publish(records, ifRefused);
        },
      },
      record,
    );
    expect(await row(notification.id)).to.include({ state: 'cancelled' });
    expect(reasonOf(world.published)).to.equal(undefined);
  });

  it('keeps the head of a dead letter that Kafka will not take whole, and where the whole of it is', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'rejected', reason: 'no such number' }]);
    const value = Buffer.alloc(100_000, 'x');
    await run({ ...world.deps, publish: refusing(world, DEAD_LETTER_TOPIC) }, { ...record, value });
    const letter = world.published.find(({ topic }) => topic === DEAD_LETTER_TOPIC);
    expect(letter?.value?.equals(value.subarray(0, 65_536))).to.equal(true);
    expect(letter?.headers).to.include({
      [DEAD_LETTER_HEADER.reason]: 'rejected',
      [DEAD_LETTER_HEADER.originalBytes]: '100000',
      [DEAD_LETTER_HEADER.topic]: TOPIC,
      [DEAD_LETTER_HEADER.partition]: '0',
      [DEAD_LETTER_HEADER.offset]: String(record.offset),
    });
    // The end is told a second time with the head; a repeated event is absorbed.
    expect([...new Set(world.statuses())]).to.deep.equal(['processing', 'failed']);
  });

  it('ends as failed when the attempts are used up', async () => {
    const { notification, record } = await store({ max_attempts: 1 });
    const world = worldOf(notification, [unavailable()]);
    await run(world.deps, record);
    expect(await row(notification.id)).to.include({ state: 'failed', outcome: 'unavailable' });
    expect(reasonOf(world.published)).to.equal('attempts_exhausted');
  });

  it('buries a record of ours that has no row', async () => {
    const notification = notificationOf(acceptedOf(randomUUID()), Date.now());
    const world = worldOf(notification, []);
    await run(world.deps, recordOf(notification));
    expect(world.calls).to.equal(0);
    expect(reasonOf(world.published)).to.equal('row_missing');
  });

  it('stores what came straight over Kafka, says it is queued, and delivers it once', async () => {
    const notification = notificationOf(acceptedOf(randomUUID()), Date.now());
    const foreign = acceptedOf(notification.id);
    const world = worldOf(notification, [{ kind: 'accepted', messageId: null }], foreign);
    const record = { ...recordOf(notification), headers: {} };
    await run(world.deps, record);
    await run(world.deps, { ...record, offset: (offset += 1) });
    expect(world.calls).to.equal(1);
    expect(world.statuses()).to.deep.equal(['queued', 'processing', 'delivered']);
  });

  it('sends what the row says where the record has no content', async () => {
    const { notification, record } = await store({ content: 'as rendered' });
    const world = worldOf(notification, [unavailable(), { kind: 'accepted', messageId: null }]);
    const contents: unknown[] = [];
    const deps: DeliveryDeps = {
      ...world.deps,
      readWork: () => Promise.resolve({ kind: 'own', notification: { ...notification, content: null } }),
      call: (claimed, pass) => {
        contents.push(claimed.notification.content);
        return world.deps.call(claimed, pass);
      },
    };
    await run(deps, record);
    await run(deps, returned(world.published));
    expect(contents).to.deep.equal(['as rendered', 'as rendered']);
  });

  it('buries another notification under a known id, and sends neither it nor the first again', async () => {
    const id = randomUUID();
    const notification = notificationOf(acceptedOf(id), Date.now());
    const first = worldOf(notification, [{ kind: 'accepted', messageId: null }], acceptedOf(id));
    await run(first.deps, { ...recordOf(notification), headers: {} });
    const other = acceptedOf(id);
    other.draft = { ...other.draft, content: 'something else' };
    const second = worldOf(notification, [], other);
    await run(second.deps, { ...recordOf(notification), headers: {} });
    expect(second.calls).to.equal(0);
    expect(reasonOf(second.published)).to.equal('id_conflict');
  });

  it('sends nothing of another notification under an id that nobody has claimed yet', async () => {
    const { notification } = await store();
    const other = acceptedOf(notification.id);
    other.draft = { ...other.draft, content: 'something else' };
    const world = worldOf(notification, [], other);
    await run(world.deps, { ...recordOf(notification), headers: {} });
    expect(world.calls).to.equal(0);
    expect(reasonOf(world.published)).to.equal('id_conflict');
    expect(await row(notification.id)).to.include({ state: 'accepted', fence: 0 });
  });

  it('takes one record of an id after the other, so that no group of rows holds an id twice', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    const answer = Promise.withResolvers<void>();
    const claims: string[] = [];
    const deps: DeliveryDeps = {
      ...world.deps,
      claim: (request) => {
        claims.push(request.claimed_from);
        return world.deps.claim(request);
      },
      call: (...args) => answer.promise.then(() => world.deps.call(...args)),
    };
    const both = [run(deps, record), run(deps, { ...record, offset: (offset += 1) })];
    await eventually(() => world.statuses().includes('processing'));
    expect(claims).to.have.length(1);
    answer.resolve();
    await Promise.all(both);
    expect(claims).to.have.length(2);
    expect(world.calls).to.equal(1);
  });

  it('tells that one has expired before anybody claimed it', async () => {
    const { notification, record } = await store({ expires_at: Date.now() - 1 });
    const world = worldOf(notification, []);
    await run(world.deps, record);
    expect(world.calls).to.equal(0);
    expect(world.statuses()).to.deep.equal(['expired']);
  });

  it('says that one straight from Kafka was queued, also when its first claim finds it expired', async () => {
    const { foreign, record } = expired();
    const world = worldOf(notificationOf(foreign, Date.now()), [], foreign);
    await run(world.deps, record);
    expect(world.calls).to.equal(0);
    expect(world.statuses()).to.deep.equal(['queued', 'expired']);
  });

  it('says so too when it died between that claim and publishing', async () => {
    const { foreign, record } = expired();
    const notification = notificationOf(foreign, Date.now());
    const dying = worldOf(notification, [], foreign);
    await interrupted(run({ ...dying.deps, publish: () => Promise.reject(new Error('killed')) }, record));
    expect(await row(foreign.id)).to.include({ state: 'expired', fence: 0 });
    const reborn = worldOf(notification, [], foreign);
    await run(reborn.deps, record);
    expect(reborn.statuses()).to.deep.equal(['queued', 'expired']);
  });

  it('counts the lease from before the claim was sent', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    let nowMs = 1_000;
    const since: number[] = [];
    const deps: DeliveryDeps = {
      ...world.deps,
      monotonicMs: () => nowMs,
      claim: async (request) => {
        nowMs += 5_000;
        return world.deps.claim(request);
      },
      call: (claimed, pass) => {
        since.push(claimed.claimedAtMs);
        return world.deps.call(claimed, pass);
      },
    };
    await run(deps, record);
    expect(since).to.deep.equal([1_000]);
  });

  it('calls while Kafka has yet to take that it begins, and is done only when it has', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    const taken = Promise.withResolvers<void>();
    const publish: DeliveryDeps['publish'] = async (records) => {
      const isFirst = world.published.length === 0;
      world.published.push(...records);
      if (isFirst) await taken.promise;
    };
    let isDone = false;
    const running = run({ ...world.deps, publish }, record).then(() => (isDone = true));
    await eventually(() => world.statuses().includes('delivered'));
    await new Promise(setImmediate);
    expect(isDone).to.equal(false);
    taken.resolve();
    await running;
  });

  it('publishes what follows when the reply to its own settling was lost', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    const settleTwice: DeliveryDeps['settle'] = async (settlement) => {
      await world.deps.settle(settlement);
      return world.deps.settle(settlement);
    };
    await run({ ...world.deps, settle: settleTwice }, record);
    expect(world.statuses()).to.deep.equal(['processing', 'delivered']);
  });

  it('says nothing of an end that another record has brought', async () => {
    const { notification, record } = await store();
    const slow = worldOf(notification, [unavailable()]);
    const call: DeliveryDeps['call'] = async (...args) => {
      await endLease(notification.id);
      const other = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
      await run(other.deps, { ...record, offset: (offset += 1) });
      return slow.deps.call(...args);
    };
    await run({ ...slow.deps, call }, record);
    expect(await row(notification.id)).to.include({ state: 'delivered', fence: 2 });
    expect(slow.published.map(({ topic, value }) => `${topic} ${String(value)}`)).to.deep.equal([
      'event processing',
    ]);
  });

  it('buries a record whose notification was deleted while it was delivered', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, [{ kind: 'accepted', messageId: null }]);
    const call: DeliveryDeps['call'] = async (...args) => {
      await test.sql('DELETE FROM deliveries WHERE id = $1', [notification.id]);
      return world.deps.call(...args);
    };
    await run({ ...world.deps, call }, record);
    expect(reasonOf(world.published)).to.equal('row_missing');
  });

  it('comes back to a record that cannot be read now', async () => {
    const { notification, record } = await store();
    const world = worldOf(notification, []);
    const verdict = await run(
      { ...world.deps, now: () => 5, readWork: () => Promise.resolve('unreadable now') },
      record,
    );
    expect(verdict).to.deep.equal({ done: false, againAtMs: 1_005 });
    expect(world.published).to.be.empty;
  });

  it('buries what cannot be read', async () => {
    const notification = notificationOf(acceptedOf(randomUUID()), Date.now());
    const world = worldOf(notification, []);
    await run({ ...world.deps, readWork: unreadable }, recordOf(notification));
    expect(reasonOf(world.published)).to.equal('undecodable');
  });

  function worldOf(notification: Notification, outcomes: Outcome[], foreign?: Accepted) {
    const published: OutgoingRecord[] = [];
    const world = { calls: 0, published };
    const deps: DeliveryDeps = {
      channel: 'sms',
      readWork: () =>
        Promise.resolve(
          foreign === undefined
            ? { kind: 'own', notification }
            : { kind: 'foreign', notification, accepted: foreign },
        ),
      oneAtATime: createOneAtATime(),
      adopt: async (stored) => {
        const [adopted] = await adoptForeign(test.db, [stored]);
        if (adopted === undefined || adopted === 'unseen') throw new Error('not adopted');
        return adopted;
      },
      whole: async (asRead) => {
        const [stored] = asRead.content === null ? await readPublishable(test.db, [asRead.id]) : [];
        return stored?.notification ?? asRead;
      },
      claim: async (request) => (await claim(test.db, [request], LEASE_MS)).get(request.id) ?? null,
      settle: async (settlement) => (await settle(test.db, [settlement])).get(settlement.id) ?? null,
      deliverLate: (late) => deliverLate(test.db, [late]),
      giveUp: (id, fence, reason) => giveUp(test.db, { id, fence, reason }),
      publish: async (records) => void published.push(...records),
      call: () => {
        const outcome = outcomes[world.calls];
        world.calls += 1;
        if (outcome === undefined) throw new Error('a call that nobody expected');
        return Promise.resolve({ outcome, provider: 'test', durationMs: 1, isNextOpen: false });
      },
      records: {
        work: () => ({ topic: TOPIC, key: null, value: null }),
        event: (of, delivery) => eventRecord(statusEvent(of, delivery)),
        promised: () => [],
      },
      delaysMs: [1_000, 2_000],
      now: Date.now,
      monotonicMs: () => performance.now(),
      random: () => 0.5,
      observe: () => {},
    };
    return {
      deps,
      published,
      get calls() {
        return world.calls;
      },
      statuses: () => published.flatMap(({ topic, value }) => (topic === 'event' ? [String(value)] : [])),
    };
  }

  async function store(changes: Partial<Accepted['draft']> = {}) {
    const id = randomUUID();
    const stored = acceptedOf(id, changes);
    await acceptGroup(test.db, {
      notifications: [stored],
      batch: null,
      outboxId: randomUUID(),
      publishedOutboxIds: [],
    });
    const notification = notificationOf(stored, Date.now());
    return { notification, record: recordOf(notification) };
  }

  function recordOf(notification: Notification): ConsumedRecord {
    return {
      topic: TOPIC,
      partition: 0,
      offset: (offset += 1),
      key: Buffer.from(notification.id),
      value: Buffer.from('the original bytes'),
      headers: workHeaders({ cycle: 0, fence: 0, attempt: 1 }, null),
      timestampMs: Date.now(),
      done: () => {},
      isStale: () => false,
    };
  }

  /** What came straight over Kafka too late. */
  function expired(): { foreign: Accepted; record: ConsumedRecord } {
    const foreign = acceptedOf(randomUUID(), { expires_at: Date.now() - 1 });
    return { foreign, record: { ...recordOf(notificationOf(foreign, Date.now())), headers: {} } };
  }

  /** The retry as the mover puts it back: same bytes and headers, at a new offset. */
  function returned(published: OutgoingRecord[]): ConsumedRecord {
    const retry = published.find(({ topic }) => topic.includes('.retry.'));
    if (retry === undefined) throw new Error('no retry was published');
    const headers = Object.fromEntries(
      Object.entries(retry.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    return { ...recordOf(notificationOf(acceptedOf(String(retry.key)), Date.now())), headers };
  }

  async function row(id: string): Promise<Delivery> {
    const [found] = await readPublishable(test.db, [id]);
    if (found === undefined) throw new Error(`no row ${id}`);
    return found.delivery;
  }

  async function endLease(id: string): Promise<void> {
    await test.db.query(
      { name: 'end_lease', text: 'UPDATE deliveries SET lease_until = now() WHERE id = $1' },
      [id],
    );
  }

  async function promisedFor(id: string): Promise<boolean> {
    await test.db.query({ name: 'all_abandoned', text: 'UPDATE outbox SET relay_after = now()' }, []);
    const groups = await takeAbandoned(test.db, 1_000);
    // Its own acceptance is promised too, since this test publishes nothing for it.
    return groups.filter(({ notification_ids }) => notification_ids.includes(id)).length === 2;
  }
});

/** The gate is not asked here: the pass is what a call may be made with, and the test's provider takes any. */
const PASS = { giveBack: () => {} } as Pass;

const run = (deps: DeliveryDeps, record: ConsumedRecord) => onRecord(deps, record, PASS);

/** A worker that dies with the publish after the announcement. What it would have published is kept for comparison. */
function dieAfterAnnouncing(lost: OutgoingRecord[] = []): DeliveryDeps['publish'] {
  let announced = false;
  return async (records) => {
    if (announced) {
      lost.push(...records);
      throw new Error('killed');
    }
    announced = true;
  };
}

/** Kafka that never takes whole records of one kind of topic. */
function refusing({ deps }: { deps: DeliveryDeps }, topicPart: string): DeliveryDeps['publish'] {
  return async (records, ifRefused) => {
    if (ifRefused === undefined) return deps.publish(records);
    const refused = records.filter(({ topic }) => topic.includes(topicPart));
    await deps.publish(records.filter((record) => !refused.includes(record)));
    if (refused.length > 0)
      await ifRefused(new PublishRefused(refused.map((record) => ({ record, reason: 'MESSAGE_TOO_LARGE' }))));
  };
}

const unreadable: DeliveryDeps['readWork'] = () =>
  Promise.resolve({ kind: 'unusable', reason: 'undecodable', message: 'no magic byte' });

async function interrupted(running: Promise<unknown>): Promise<void> {
  const error = await running.catch((thrown: unknown) => thrown);
  expect(error).to.be.an('error').with.property('message', 'killed');
}

function unavailable(): Outcome {
  return { kind: 'unavailable', reason: '503', answered: true, retryAfterMs: null };
}

function eventRecord({ status, notification_id }: StatusEvent): OutgoingRecord {
  return { topic: 'event', key: notification_id, value: Buffer.from(status) };
}

function reasonOf(published: OutgoingRecord[]): unknown {
  return published.find(({ topic }) => topic === DEAD_LETTER_TOPIC)?.headers?.[DEAD_LETTER_HEADER.reason];
}

function acceptedOf(id: string, changes: Partial<Accepted['draft']> = {}): Accepted {
  return accepted({ max_attempts: 3, ...changes }, { id });
}

import { randomUUID } from 'node:crypto';
import {
  type Accepted,
  acceptGroup,
  cancel,
  claim,
  expireOverdue,
  findStuck,
  forgetOutbox,
  readPublishable,
  releaseDue,
  stampRepublished,
  takeAbandoned,
} from '@fanfare/db';
import { accepted, useDatabase } from '@fanfare/db/fixture';
import { type ClaimTicket, type Delivery, isTerminal, nextTicket, statusOf } from '@fanfare/domain';
import type { JourneyRecords, OutgoingRecord } from '@fanfare/kafka';
import { expect } from 'chai';
import { onAbandoned } from './on-abandoned.ts';
import { onDue } from './on-due.ts';
import { onStuck, type StuckDeps } from './on-stuck.ts';
import { publishPromised } from './publish-promised.ts';

/** What the chores publish, on a real database; the topic says what kind of record it is. */
describe('chores', () => {
  const test = useDatabase();
  let published: OutgoingRecord[] = [];
  let isKafkaAway = false;

  beforeEach(async () => {
    await sql('DELETE FROM outbox');
    await sql('DELETE FROM deliveries');
    published = [];
    isKafkaAway = false;
  });

  const records: JourneyRecords = {
    work: ({ id }, ticket) => ({ topic: 'work', key: id, value: Buffer.from(JSON.stringify(ticket)) }),
    event: (_, delivery) => ({
      topic: 'event',
      key: delivery.id,
      value: Buffer.from(statusOf(delivery.state)),
    }),
    promised: (notification, delivery) => {
      if (isTerminal(delivery.state)) return [records.event(notification, delivery)];
      if (delivery.state !== 'accepted') return [];
      return [records.work(notification, nextTicket(delivery)), records.event(notification, delivery)];
    },
  };
  const publish = (outgoing: OutgoingRecord[]): Promise<void> => {
    if (isKafkaAway) return Promise.reject(new Error('Kafka is away'));
    published.push(...outgoing);
    return Promise.resolve();
  };
  const read = (ids: string[]) => readPublishable(test.db, ids);
  const keepPromises = publishPromised({
    read,
    publish,
    records,
    forget: (ids) => forgetOutbox(test.db, ids),
  });
  const relay = onAbandoned({
    takeAbandoned: () => takeAbandoned(test.db, 100),
    publishPromised: keepPromises,
  });
  const release = onDue({
    takeDue: () => releaseDue(test.db, randomUUID(), 100),
    publishPromised: keepPromises,
  });
  const expire = onDue({
    takeDue: () => expireOverdue(test.db, randomUUID(), 100),
    publishPromised: keepPromises,
  });

  async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return test.db.query({ name: '', text }, values);
  }

  async function store(draft: Partial<Accepted['draft']> = {}): Promise<string> {
    const stored = accepted(draft);
    await acceptGroup(test.db, {
      notifications: [stored],
      batch: null,
      outboxId: randomUUID(),
      publishedOutboxIds: [],
    });
    return stored.id;
  }

  function told(): string[] {
    return published.map(({ topic, value }) => (topic === 'event' ? `event ${String(value)}` : topic));
  }

  async function makeStuck(id: string): Promise<void> {
    await sql("UPDATE deliveries SET at = now() - interval '6 minutes' WHERE id = $1", [id]);
  }

  async function deliveryOf(id: string): Promise<Delivery | undefined> {
    return (await read([id]))[0]?.delivery;
  }

  it('relays a group that nobody published, once', async () => {
    const id = await store();
    expect(await relay()).to.equal(false);
    await sql('UPDATE outbox SET relay_after = now()');
    expect(await relay()).to.equal(true);
    expect(told()).to.deep.equal(['work', 'event queued']);
    expect(published.every(({ key }) => key === id)).to.equal(true);
    expect(await sql('SELECT * FROM outbox')).to.be.empty;
  });

  it('keeps the promise while Kafka is away', async () => {
    await store();
    await sql('UPDATE outbox SET relay_after = now()');
    isKafkaAway = true;
    expect(await relay().catch(() => 'failed')).to.equal('failed');
    isKafkaAway = false;
    await sql('UPDATE outbox SET relay_after = now()');
    await relay();
    expect(told()).to.deep.equal(['work', 'event queued']);
  });

  it('relays what a row asks for now, not what it asked for then', async () => {
    const cancelled = await store();
    await cancel(test.db, cancelled, randomUUID());
    const processing = await store();
    await claim(test.db, [{ id: processing, cycle: 0, fence: 0, attempt: 1, claimed_from: 'x' }], 60_000);
    await sql('UPDATE outbox SET relay_after = now()');
    await relay();
    // Of two groups: its acceptance and its end were promised apart.
    expect(told()).to.deep.equal(['event cancelled', 'event cancelled']);
  });

  it('releases what is due and nothing before', async () => {
    await store({ scheduled_at: Date.now() + 600_000 });
    expect(await release()).to.equal(false);
    await sql('UPDATE deliveries SET due_at = now()');
    expect(await release()).to.equal(true);
    expect(told()).to.deep.equal(['work', 'event queued']);
    expect(await release()).to.equal(false);
  });

  it('tells that a notification has expired', async () => {
    await store({ expires_at: Date.now() + 600_000 });
    expect(await expire()).to.equal(false);
    await sql('UPDATE deliveries SET due_at = now(), expires_at = now()');
    expect(await expire()).to.equal(true);
    expect(told()).to.deep.equal(['event expired']);
  });

  describe('for what is stuck', () => {
    const asked: number[] = [];
    const stuckDeps = (isPast: boolean): StuckDeps => ({
      findStuck: (from) => findStuck(test.db, from),
      isPast: (_, momentMs) => {
        asked.push(momentMs);
        return Promise.resolve(isPast);
      },
      stamp: (ids) => stampRepublished(test.db, ids),
      read,
      publish,
      records,
      now: Date.now,
      log: () => {},
    });
    const LOOK_BACK_MS = 60 * 60_000;

    it('publishes a claimable record again, then waits minutes before the next', async () => {
      const id = await store();
      await makeStuck(id);
      const rescue = onStuck(stuckDeps(true), LOOK_BACK_MS);
      expect(await rescue()).to.equal(true);
      expect(told()).to.deep.equal(['work']);
      const ticket: ClaimTicket = JSON.parse(String(published[0]?.value));
      const claims = await claim(test.db, [{ id, ...ticket, claimed_from: 'new' }], 60_000);
      expect(claims.get(id)?.verdict).to.equal('granted');
      expect(await deliveryOf(id)).to.include({ state: 'processing' });
      expect(await rescue()).to.equal(false);
    });

    it('publishes nothing while Kafka may still bring it', async () => {
      await makeStuck(await store());
      asked.length = 0;
      expect(await onStuck(stuckDeps(false), LOOK_BACK_MS)()).to.equal(false);
      expect(published).to.be.empty;
      // It asks about a moment after the row should have moved, and well before now.
      expect(asked[0]).to.be.within(Date.now() - 5.5 * 60_000, Date.now() - 4.5 * 60_000);
    });

    it('finds it again when the publish failed, after its patience', async () => {
      const id = await store();
      await makeStuck(id);
      const rescue = onStuck(stuckDeps(true), LOOK_BACK_MS);
      isKafkaAway = true;
      expect(await rescue().catch(() => 'failed')).to.equal('failed');
      isKafkaAway = false;
      expect(await rescue()).to.equal(false);
      await sql("UPDATE deliveries SET republished_at = now() - interval '6 minutes'");
      expect(await rescue()).to.equal(true);
      expect(told()).to.deep.equal(['work']);
    });
  });
});

import { PassThrough } from 'node:stream';
import { deliveryGroup, PRIORITIES, type Priority, workTopic } from '@fanfare/contracts';
import { acceptGroup, readPublishable } from '@fanfare/db';
import { accepted, groupOf, useDatabase } from '@fanfare/db/fixture';
import { DEFAULT_CONTENT_LIMITS, type Delivery, nextTicket, type Outcome } from '@fanfare/domain';
import {
  connectKafka,
  createPublisher,
  createSerde,
  journeyRecords,
  type JourneyRecords,
  type KafkaHandle,
  type Publisher,
  RegistryAway,
  type Serde,
} from '@fanfare/kafka';
import { createChain, createLane, type ProviderMessage } from '@fanfare/providers';
import { createLogger } from '@fanfare/runtime';
import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { type ChannelOptions, type OpenChannel, openChannel } from './channel.ts';

/** From Kafka to a provider that answers when the test says so. What follows from it is kept from other tests' topics. */
describe('channel', () => {
  const test = useDatabase();
  const log = createLogger({ service: 'test', level: 'error', stream: new PassThrough().resume() });
  let kafka: KafkaHandle;
  let publisher: Publisher;
  let serde: Serde;
  let records: JourneyRecords;
  let channel: OpenChannel;
  const worlds: { letGo: () => void }[] = [];

  before(async () => {
    const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await stack();
    kafka = connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'channel-test', log });
    publisher = createPublisher({ kafka });
    serde = createSerde({ registryUrl: SCHEMA_REGISTRY_URL });
    records = await journeyRecords(serde);
    await passOver();
  });
  // A member that a failure left in the group would keep its partitions from all other tests.
  afterEach(async () => {
    for (const { letGo } of worlds.splice(0)) letGo();
    await channel.stop();
  });
  after(async () => {
    await publisher.close();
    await kafka.close();
  });

  it('keeps a tenth of its slots for high ones', async () => {
    const world = worldOf({ slots: 10 });
    channel = await openChannel(world.options);
    await send(...Array<Priority>(12).fill('low'));
    await eventually(() => expect(stateOf(channel)).to.deep.equal({ inFlight: 9, high: 0, low: 3 }));
    await send('high', 'high');
    await eventually(() => expect(stateOf(channel)).to.deep.equal({ inFlight: 10, high: 1, low: 3 }));
    await world.answerAll(14);
    await channel.stop();
  });

  it('claims nothing, and leaves no slot taken, while its lanes are shut', async () => {
    const world = worldOf({ slots: 2 });
    world.lane.setPaused(true);
    channel = await openChannel(world.options);
    const [first = '', second = ''] = await send('low', 'high');
    await eventually(() => expect(stateOf(channel)).to.deep.equal({ inFlight: 0, high: 1, low: 1 }));
    for (const id of [first, second]) expect(await row(id)).to.include({ state: 'accepted', fence: 0 });
    world.lane.setPaused(false);
    await world.answerAll(2);
    await channel.stop();
  });

  it('finishes what it has begun when it stops, and leaves the others to the next member', async () => {
    const ending = worldOf({ slots: 1 });
    channel = await openChannel(ending.options);
    const ids = await send('normal', 'normal', 'normal');
    await eventually(() => {
      expect([channel.scheduler.waiting('normal'), ending.calls.length]).to.deep.equal([2, 1]);
    });
    let isStopped = false;
    const stopping = channel.stop().then(() => (isStopped = true));
    await new Promise(setImmediate);
    expect([isStopped, ending.calls.length]).to.deep.equal([false, 1]);
    ending.calls[0]?.answer(OK);
    await stopping;
    expect(await states(ids)).to.deep.equal({ delivered: 1, accepted: 2 });

    const next = worldOf({ slots: 1 });
    channel = await openChannel(next.options);
    await next.answerAll(2);
    await channel.stop();
    expect(await states(ids)).to.deep.equal({ delivered: 3 });
    const called = [...ending.keys(), ...next.keys()];
    expect(called.toSorted()).to.deep.equal(ids.map((id) => `${id}:0`).toSorted());
  });

  it('looks again at a record that cannot be delivered now, and meanwhile at the others', async () => {
    const world = worldOf({ slots: 1 });
    const refused = Promise.withResolvers<Buffer | null>();
    let isBack = false;
    const decode: Serde['decode'] = (codec, bytes) => {
      const isFirst = refused.promise.then((first) => bytes !== null && first?.equals(bytes) === true);
      refused.resolve(bytes);
      return isFirst.then((is) => {
        if (is && !isBack) throw new RegistryAway('it does not answer');
        return serde.decode(codec, bytes);
      });
    };
    channel = await openChannel({ ...world.options, serde: { ...serde, decode } });
    const [first = ''] = await send('normal');
    await refused.promise;
    const [second = ''] = await send('normal');
    await world.answerAll(1);
    expect(world.keys()).to.deep.equal([`${second}:0`]);
    isBack = true;
    await world.answerAll(2);
    expect(world.keys()).to.deep.equal([`${second}:0`, `${first}:0`]);
    await channel.stop();
  });

  it('says what nobody foresaw, and has it end the process', async () => {
    const failure = Promise.withResolvers<Error>();
    const world = worldOf({ slots: 1 });
    channel = await openChannel({
      ...world.options,
      records: { ...records, event: broken },
      onFatal: failure.resolve,
    });
    const [id = ''] = await send('normal');
    expect(await failure.promise).to.have.property('message', 'a bug');
    await channel.stop();
    expect(await row(id), 'the record is not done').to.include({ state: 'processing' });
    await test.sql(`UPDATE deliveries SET lease_until = now() WHERE id = $1`, [id]);
    const next = worldOf({ slots: 1 });
    channel = await openChannel(next.options);
    await next.answerAll(1);
    await channel.stop();
    expect(await row(id)).to.include({ state: 'delivered', attempt: 1, fence: 2 });
  });

  /** What other tests have left on the topics is not for these. */
  async function passOver(): Promise<void> {
    const admin = await kafka.admin();
    for (const priority of PRIORITIES) {
      const topic = workTopic('email', priority);
      const ends = await admin.fetchTopicOffsets(topic);
      const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
      await admin.setOffsets({ groupId: deliveryGroup('email'), topic, partitions });
    }
  }

  /** Stores notifications, one for each priority, and puts their records to work. Returns their ids. */
  async function send(...priorities: Priority[]): Promise<string[]> {
    const stored = priorities.map((priority) =>
      accepted({ channel: 'email', recipient: 'a@example.org', priority }),
    );
    await acceptGroup(test.db, groupOf(stored));
    const ids = stored.map(({ id }) => id);
    const rows = await readPublishable(test.db, ids);
    await publisher.publish(
      rows.map(({ notification, delivery }) => records.work(notification, nextTicket(delivery))),
    );
    return ids;
  }

  async function row(id: string): Promise<Delivery> {
    const [found] = await readPublishable(test.db, [id]);
    if (found === undefined) throw new Error(`no row ${id}`);
    return found.delivery;
  }

  async function states(ids: string[]): Promise<Record<string, number>> {
    const rows = await readPublishable(test.db, ids);
    const byState = Map.groupBy(rows, ({ delivery }) => delivery.state);
    return Object.fromEntries(Array.from(byState, ([state, those]) => [state, those.length]));
  }

  function worldOf({ slots }: { slots: number }) {
    const { provider, ...held } = heldProvider();
    worlds.push(held);
    const breaker = { maxFailures: 5, windowMs: 10_000, openMs: 30_000 };
    const lane = createLane({ provider, channel: 'email', timeoutMs: 10_000, breaker });
    const options: ChannelOptions = {
      channel: 'email',
      chain: createChain([lane]),
      pace: { tryTake: () => true, giveBack: () => {}, refill: () => Promise.resolve(), close: nothing },
      kafka,
      records,
      serde,
      publisher: { publish: nothing, close: nothing },
      db: test.db,
      limits: DEFAULT_CONTENT_LIMITS,
      leaseMs: 60_000,
      delaysMs: [1_000],
      slots,
      log,
      signal: new AbortController().signal,
      onFatal: (error) => expect.fail(error.message),
    };
    return { options, lane, ...held };
  }
});

const OK: Outcome = { kind: 'accepted', messageId: null };

function heldProvider() {
  const calls: { message: ProviderMessage; answer: (outcome: Outcome) => void }[] = [];
  let isHeld = true;
  const send = (message: ProviderMessage) =>
    new Promise<Outcome>((answer) => {
      calls.push({ message, answer });
      if (!isHeld) answer(OK);
    });
  return {
    provider: { name: 'held', send, close: nothing },
    calls,
    letGo: () => {
      isHeld = false;
      for (const { answer } of calls) answer(OK);
    },
    keys: () => calls.map(({ message }) => message.idempotencyKey),
    /** Accepts what is under way and what comes, until there have been so many. */
    answerAll: (count: number) =>
      eventually(() => {
        for (const { answer } of calls) answer(OK);
        expect(calls).to.have.length(count);
      }),
  };
}

function stateOf({ scheduler }: OpenChannel) {
  return {
    inFlight: scheduler.inFlight(),
    high: scheduler.waiting('high'),
    low: scheduler.waiting('low'),
  };
}

function broken(): never {
  throw new TypeError('a bug');
}

function nothing(): Promise<void> {
  return Promise.resolve();
}

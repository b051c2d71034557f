import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { DEAD_LETTER_TOPIC, STATUS_TOPIC, type StatusEvent, statusEventCodec } from '@fanfare/contracts';
import { connectDatabase, type Database, migrate, readProgress, rewindProgress } from '@fanfare/db';
import { eventOf } from '@fanfare/db/fixture';
import { deadLetterHeaders } from '@fanfare/domain';
import {
  connectKafka,
  createPublisher,
  createSerde,
  endOffsets,
  type KafkaHandle,
  type Publisher,
  type Serde,
} from '@fanfare/kafka';
import {
  connectRedis,
  parseStatusFrame,
  type RedisHandle,
  STATUS_CHANNELS,
  type StatusFrame,
} from '@fanfare/redis';
import { createLogger } from '@fanfare/runtime';
import { eventually, freshDatabase, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { openDeadLetterIndex, openStatusProjection, type ProjectionOptions } from './projection.ts';

/** From Kafka to Postgres and Redis, beside whatever else runs on the same stack. */
describe('projection', () => {
  const log = createLogger({ service: 'test', level: 'error', stream: new PassThrough().resume() });
  let db: Database;
  let kafka: KafkaHandle;
  let redis: RedisHandle;
  let serde: Serde;
  let publisher: Publisher;
  let encode: (event: StatusEvent) => Buffer;
  const told: string[] = [];
  const stood: StatusFrame[] = [];
  const cleanups: (() => Promise<void> | void)[] = [];

  before(async () => {
    const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL } = await stack();
    const database = await freshDatabase();
    await migrate(database.url);
    db = connectDatabase({ url: database.url });
    kafka = connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'projector-test', log });
    redis = connectRedis({ url: REDIS_URL, name: 'projector-test', log });
    serde = createSerde({ registryUrl: SCHEMA_REGISTRY_URL });
    publisher = createPublisher({ kafka });
    encode = await serde.encoder(statusEventCodec);
    await startAtTheEnd();
    await new Promise<void>((resolve) =>
      redis.subscribe({ pattern: STATUS_CHANNELS, onMessage: hear, onSubscribed: resolve }),
    );
    cleanups.push(
      () => publisher.close(),
      () => kafka.close(),
      () => redis.close(),
      () => db.close(),
      () => database.drop(),
    );
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  it('takes events from Kafka to the trace and to Redis, past what cannot be read, and goes on after a restart', async () => {
    const id = randomUUID();
    const groupId = `projector-test-${randomUUID()}`;
    const first = await openStatusProjection(options(groupId));
    await publish(id, eventOf(id, 'queued', 1));
    await publisher.publish([{ topic: STATUS_TOPIC, key: id, value: Buffer.from('{"not":"an event"}') }]);
    await publish(id, eventOf(id, 'processing', 12));
    await eventually(async () => expect(await traced(id)).to.deep.equal(['queued', 'processing']));
    await first.stop();
    await publish(id, eventOf(id, 'processing', 12));
    await publish(id, eventOf(id, 'delivered', 900_007));
    const second = await openStatusProjection(options(groupId));
    await eventually(async () =>
      expect(await traced(id)).to.deep.equal(['queued', 'processing', 'delivered']),
    );
    await eventually(() => expect(toldOf(id)).to.deep.equal(['queued', 'processing', 'delivered']));
    await eventually(() => second.inFlight() === 0);
    await second.stop();
  });

  it('starts where its own tables stand, however far Kafka takes it to be', async () => {
    const id = randomUUID();
    const groupId = `projector-test-${randomUUID()}`;
    const first = await openStatusProjection(options(groupId));
    await publish(id, eventOf(id, 'queued', 1));
    await publish(id, eventOf(id, 'delivered', 900_007));
    await eventually(async () => expect(await traced(id)).to.deep.equal(['queued', 'delivered']));
    await first.stop();
    const { partition, from } = await restoreWithout(id);
    expect(await committed(groupId, partition)).to.be.above(from + 1);
    const second = await openStatusProjection(options(groupId));
    await eventually(async () => expect(await traced(id)).to.deep.equal(['queued', 'delivered']));
    await second.stop();
  });

  it('projects again what the database has lost, also when nothing else comes', async () => {
    const id = randomUUID();
    const projection = await openStatusProjection(options(`projector-test-${randomUUID()}`));
    await publish(id, eventOf(id, 'queued', 1));
    await publish(id, eventOf(id, 'delivered', 900_007));
    await eventually(async () => expect(await traced(id)).to.deep.equal(['queued', 'delivered']));
    await restoreWithout(id);
    await eventually(async () => expect(await traced(id)).to.deep.equal(['queued', 'delivered']));
    await projection.stop();
  });

  it('says again and again where each partition stands, also while nothing happens', async () => {
    const projection = await openStatusProjection(options(`projector-test-${randomUUID()}`));
    stood.length = 0;
    for (const { partition } of await endOffsets({ kafka, topic: STATUS_TOPIC }))
      await eventually(async () => {
        const position = await readProgress(db, STATUS_TOPIC, partition);
        const frame = { partition, since: position, position };
        expect(stood.filter((one) => isDeepStrictEqual(one, frame))).to.have.length.above(2);
      });
    await projection.stop();
  });

  it('reads JSON as well, with what is left out filled in', async () => {
    const id = randomUUID();
    const { tenant_id: _, ...json } = eventOf(id, 'queued', 1);
    const projection = await openStatusProjection(options(`projector-test-${randomUUID()}`));
    await publisher.publish([{ topic: STATUS_TOPIC, key: id, value: Buffer.from(JSON.stringify(json)) }]);
    await eventually(async () => expect(await traced(id)).to.deep.equal(['queued']));
    await projection.stop();
  });

  it('indexes dead letters', async () => {
    const id = randomUUID();
    const index = await openDeadLetterIndex(options(`projector-test-${randomUUID()}`));
    const headers = deadLetterHeaders(
      { topic: 'notifications.sms.high', partition: 0, offset: 1, headers: {} },
      { reason: 'rejected', message: 'no such number', channel: 'sms', cycle: 0 },
    );
    await publisher.publish([{ topic: DEAD_LETTER_TOPIC, key: id, value: null, headers }]);
    const text = 'SELECT reason, message FROM dead_letters WHERE notification_id = $1';
    await eventually(async () =>
      expect(await db.query({ name: 'letter', text }, [id])).to.deep.equal([
        { reason: 'rejected', message: 'no such number' },
      ]),
    );
    await index.stop();
  });

  /** What other tests have said so far is none of this one's. */
  async function startAtTheEnd(): Promise<void> {
    for (const { partition, high } of await endOffsets({ kafka, topic: STATUS_TOPIC })) {
      const expected = await readProgress(db, STATUS_TOPIC, partition);
      await rewindProgress(db, STATUS_TOPIC, { partition, expected, next: high });
    }
  }

  /** Leaves the tables as a copy from before the notification would. Resolves with where its events begin. */
  async function restoreWithout(id: string): Promise<{ partition: number; from: number }> {
    const text = 'DELETE FROM status_events WHERE notification_id = $1 RETURNING log_partition, log_offset';
    const gone = await db.query<{ log_partition: number; log_offset: number }>({ name: 'lose', text }, [id]);
    const partition = gone[0]?.log_partition ?? NaN;
    const from = Math.min(...gone.map(({ log_offset }) => log_offset));
    const expected = await readProgress(db, STATUS_TOPIC, partition);
    await rewindProgress(db, STATUS_TOPIC, { partition, expected, next: from });
    return { partition, from };
  }

  async function committed(groupId: string, partition: number): Promise<number> {
    const admin = await kafka.admin();
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [STATUS_TOPIC] });
    return Number(offsets?.partitions.find((one) => one.partition === partition)?.offset);
  }

  function options(groupId: string): ProjectionOptions {
    return {
      groupId,
      db,
      kafka,
      redis,
      serde,
      log,
      persist: (_, step) => step(),
      onFatal: (error) => {
        throw error;
      },
    };
  }

  function publish(id: string, event: StatusEvent): Promise<void> {
    return publisher.publish([{ topic: STATUS_TOPIC, key: id, value: encode(event) }]);
  }

  async function traced(id: string): Promise<string[]> {
    const rows = await db.query<{ status: string }>(
      {
        name: 'traced',
        text: 'SELECT status FROM status_events WHERE notification_id = $1 ORDER BY version',
      },
      [id],
    );
    return rows.map(({ status }) => status);
  }

  function hear(message: string): void {
    const frame = parseStatusFrame(message);
    if (frame === null) return;
    if ('event' in frame) told.push(`${frame.event.notification_id} ${frame.event.status}`);
    else stood.push(frame);
  }

  function toldOf(id: string): string[] {
    return told.filter((one) => one.startsWith(id)).map((one) => one.slice(id.length + 1));
  }
});

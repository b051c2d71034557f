import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { STATUS_TOPIC, type StatusEvent, statusEventCodec } from '@fanfare/contracts';
import {
  cancel,
  connectDatabase,
  type Database,
  forgetOutbox,
  type LoggedEvent,
  migrate,
  readPositions,
  type Row,
} from '@fanfare/db';
import {
  connectKafka,
  createPublisher,
  createSerde,
  endOffsets,
  type KafkaHandle,
  readStatusEvent,
  readTopic,
  type Serde,
} from '@fanfare/kafka';
import { eventually, freshDatabase, type RunningServices, stack, startServices } from '@fanfare/testkit';
import { expect } from 'chai';
import { createJourneys, type Journeys, STATES } from './testing/journeys.ts';

const FANFARE = fileURLToPath(new URL('../../../packages/cli/bin/fanfare.mjs', import.meta.url));

const QUIET = { error: ignore, warn: ignore, info: ignore, debug: ignore };
type ServiceProcess = RunningServices['processes'][number];

const KILLS = 20;
/** Some 40 s of it make thousands of notifications, and for each projector a backlog from while there was none. */
const NOTIFICATIONS_A_TICK = 10;
const TICK_MS = 50;

/** Each projector is in a group of its own, or it would wait for the session of the one before to end. */
describe('the projector, killed with kill -9 twenty times under load', function () {
  this.timeout(10 * 60_000);
  let url: string;
  let db: Database;
  let kafka: KafkaHandle;
  let serde: Serde;
  let journeys: Journeys;
  let projectors: RunningServices;
  let alive: ServiceProcess | undefined;
  let ids: string[] = [];
  const leftAtKills: number[] = [];
  const cleanups: (() => Promise<unknown>)[] = [];

  before('connect', async () => {
    const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await stack();
    const database = await freshDatabase();
    ({ url } = database);
    await migrate(url);
    db = connectDatabase({ url });
    kafka = connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'killed-test', log: QUIET });
    serde = createSerde({ registryUrl: SCHEMA_REGISTRY_URL });
    const publisher = createPublisher({ kafka });
    journeys = createJourneys({ db, publisher, encode: await serde.encoder(statusEventCodec) });
    cleanups.push(
      () => publisher.close(),
      () => kafka.close(),
      () => db.close(),
      () => database.drop(),
    );
  });
  before('kill it while events come in', async () => {
    projectors = await startServices(['projector'], settings());
    cleanups.unshift(() => projectors.stop());
    [alive] = projectors.processes;
    const load = startLoad();
    await killAgainAndAgain();
    ids = await load.stop();
    await caughtUp();
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  it('was killed with work left', () => {
    expect(leftAtKills).to.have.length(KILLS);
    expect(leftAtKills.filter((records) => records > 0).length).to.be.at.least(KILLS / 2);
    expect(ids.length).to.be.at.least(2_000);
  });

  it('has each state of a notification in the trace once, from the first record that told it', async () => {
    const rows = await sql<TraceRow>(
      'SELECT notification_id, version, log_partition, log_offset FROM status_events WHERE notification_id = ANY ($1)',
      [ids],
    );
    const first = await firstRecords();
    expect(first).to.have.length(ids.length * STATES);
    expect(rows.map(textOf).toSorted()).to.deep.equal(first.map(textOf).toSorted());
  });

  it('shows each notification as its newest event has it', async () => {
    const newest = new Map<string, StatusEvent>();
    for (const event of await firstRecords())
      if (event.version > (newest.get(event.notification_id)?.version ?? -1))
        newest.set(event.notification_id, event);
    const shown = await sql(
      `SELECT id, status, version, attempts, failure_reason, next_retry_at, last_attempted_at, delivered_at, failed_at,
         cancelled_at, provider, provider_message_id, updated_at FROM notifications ORDER BY id`,
    );
    expect(shown).to.deep.equal(ids.toSorted().map((id) => shownBy(newest.get(id))));
  });

  it('is found without a difference by `fanfare projection check`', async () => {
    const { code, out, err } = await fanfare('check');
    expect(err + out).to.match(/^[\d,]+ events compared: no difference\.\n/);
    expect(code).to.equal(0);
    const { events, differences, unprojected, complete } = JSON.parse((await fanfare('check', '--json')).out);
    expect({ differences, unprojected, complete }).to.deep.equal({
      differences: 0,
      unprojected: 0,
      complete: true,
    });
    expect(events).to.be.at.least(ids.length * STATES);
  });

  it('is waited for while it has events to go', async () => {
    await kill();
    await journeys.queue();
    const checking = fanfare('check', '--json');
    await start();
    const { out, err } = await checking;
    expect(err).to.equal('Waiting for the projector: 1 record to go.\n');
    expect(JSON.parse(out)).to.include({ unprojected: 0, complete: true });
  });

  describe('and then broken by hand', () => {
    let before: unknown;

    it('is reported by `check`, difference by difference, and nothing is changed', async () => {
      before = await everything();
      const [differs = '', behind = '', ahead = '', untraced = '', altered = ''] = ids;
      await sql(`UPDATE notifications SET status = 'failed', failed_at = now() WHERE id = $1`, [differs]);
      await sql(`UPDATE notifications SET status = 'queued', version = 1, attempts = 0 WHERE id = $1`, [
        behind,
      ]);
      await sql(`UPDATE notifications SET status = 'queued', version = 5000001 WHERE id = $1`, [ahead]);
      await sql('DELETE FROM status_events WHERE notification_id = $1 AND version < 900000', [untraced]);
      await sql(`UPDATE status_events SET reason = 'another' WHERE notification_id = $1 AND version = 1`, [
        altered,
      ]);
      const broken = await everything();
      const { code, out } = await fanfare('check', '--json');
      const report = JSON.parse(out);
      expect(code).to.equal(1);
      expect(report.kinds).to.deep.equal({ untraced: 4, trace_differs: 1, differs: 1, behind: 1, ahead: 1 });
      expect(itemOf(report, differs)).to.deep.include({
        kind: 'differs',
        version: 900_007,
        status: 'delivered',
      });
      expect(itemOf(report, differs)?.here['status']).to.equal('failed');
      expect(itemOf(report, behind)).to.deep.include({ kind: 'behind', version: 900_007 });
      expect(await everything()).to.deep.equal(broken);
    });

    it('is shown as a table, as much as asked for', async () => {
      const { code, out } = await fanfare('check', '--limit', '2');
      expect(code).to.equal(1);
      const [headers = '', ...lines] = out.split('\n');
      expect(headers).to.match(/^DIFFERENCE +NOTIFICATION +VERSION +STATUS +HERE, AND WHAT THE LOG SAYS$/);
      expect(
        lines.filter((line) => /^(untraced|trace_differs|behind|differs|ahead) /.test(line)),
      ).to.have.length(2);
      expect(out).to.include('8 differences (');
    });

    it('is mended by `repair`', async () => {
      const { code, out } = await fanfare('repair');
      expect(out).to.include('Written again: 3 states, 5 trace rows. Nothing of it is left.');
      expect(code).to.equal(0);
      expect(await everything()).to.deep.equal(before);
      expect((await fanfare('check')).code).to.equal(0);
    });

    it('is no difference that a cancel shows at once what the log will say, only that it never will', async () => {
      const id = await journeys.queue();
      await caughtUp();
      const outboxId = randomUUID();
      expect(await cancel(db, id, outboxId)).to.include({ cancelled: true });
      expect((await fanfare('check')).code).to.equal(0);
      await forgetOutbox(db, [outboxId]);
      const { code, out } = await fanfare('repair');
      expect(code).to.equal(1);
      expect(out).to.match(new RegExp(`ahead +${id}`));
      expect(out).to.include('1 difference left.');
      expect(await sql('SELECT status FROM notifications WHERE id = $1', [id])).to.deep.equal([
        { status: 'cancelled' },
      ]);
    });
  });

  function everything(): Promise<unknown> {
    return Promise.all([
      sql('SELECT * FROM notifications ORDER BY id'),
      sql('SELECT * FROM status_events ORDER BY notification_id, version'),
    ]);
  }

  function sql<T extends Row>(statement: string, values: unknown[] = []): Promise<T[]> {
    return db.query<T>({ name: '', text: statement }, values);
  }

  function settings(): Record<string, string> {
    return { DATABASE_URL: url, PROJECTOR_GROUP: `killed-test-${randomUUID()}` };
  }

  /** Every other time its successor works beside it already. */
  async function killAgainAndAgain(): Promise<void> {
    for (let round = 0; round < KILLS; round += 1) {
      const beside = round % 2 === 1 ? await projectors.addReplica('projector', settings()) : undefined;
      await moved();
      leftAtKills.push(await left());
      await kill();
      alive = beside;
      if (alive === undefined) await start();
    }
  }

  async function start(): Promise<void> {
    alive = await projectors.addReplica('projector', settings());
  }

  async function kill(): Promise<void> {
    alive?.kill('SIGKILL');
    await alive?.exited;
  }

  async function left(): Promise<number> {
    const positions = await readPositions(db, STATUS_TOPIC);
    const ends = await endOffsets({ kafka, topic: STATUS_TOPIC });
    return ends.reduce((sum, { partition, high }) => sum + high - (positions.get(partition) ?? 0), 0);
  }

  async function passed(): Promise<number> {
    return [...(await readPositions(db, STATUS_TOPIC)).values()].reduce((sum, offset) => sum + offset, 0);
  }

  async function moved(): Promise<void> {
    const from = await passed();
    await eventually(async () => (await passed()) > from, { intervalMs: 5 });
  }

  async function caughtUp(): Promise<void> {
    await eventually(async () => (await left()) === 0);
  }

  /** Resolves at its stop with the ids of all that were sent, when each of their states is in the log. */
  function startLoad(): { stop: () => Promise<string[]> } {
    const stopping = new AbortController();
    const run = async (): Promise<string[]> => {
      while (!stopping.signal.aborted)
        await Promise.all([journeys.tell(NOTIFICATIONS_A_TICK), sleep(TICK_MS)]);
      return journeys.end();
    };
    const running = run();
    return {
      stop: () => {
        stopping.abort();
        return running;
      },
    };
  }

  /** The first record of each state of these notifications, read without any help of the check's. */
  async function firstRecords(): Promise<LoggedEvent[]> {
    const first = new Map<string, LoggedEvent>();
    const own = new Set(ids);
    await readTopic({
      kafka,
      topic: STATUS_TOPIC,
      ranges: await endOffsets({ kafka, topic: STATUS_TOPIC }),
      onRecords: async (records) => {
        for (const { key, value, partition, offset } of records) {
          if (!own.has(String(key))) continue;
          const event = await readStatusEvent(serde, value);
          const state = `${event.notification_id} ${event.version}`;
          if (!first.has(state)) first.set(state, { ...event, log_partition: partition, log_offset: offset });
        }
      },
    });
    return [...first.values()];
  }

  async function fanfare(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await stack();
    const env = { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, DATABASE_URL: url };
    const child = spawn(process.execPath, [FANFARE, 'projection', ...args], { env });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: child.exitCode, out, err };
  }
});

type TraceRow = { notification_id: string; version: number; log_partition: number; log_offset: number };
type Item = { notification_id: string; here: Record<string, unknown> };

function textOf({ notification_id, version, log_partition, log_offset }: TraceRow): string {
  return [notification_id, version, log_partition, log_offset].join(' ');
}

function itemOf({ items }: { items: Item[] }, id: string): Item | undefined {
  return items.find(({ notification_id }) => notification_id === id);
}

/** A row as it should be; all of these end delivered. */
function shownBy(event: StatusEvent | undefined): unknown {
  return {
    id: event?.notification_id,
    status: 'delivered',
    version: event?.version,
    attempts: event?.attempt,
    failure_reason: null,
    next_retry_at: null,
    last_attempted_at: event?.started_at,
    delivered_at: event?.at,
    failed_at: null,
    cancelled_at: null,
    provider: 'acme',
    provider_message_id: event?.provider_message_id,
    updated_at: event?.at,
  };
}

function ignore(): void {
  // Tests look at what happens, not at what is said of it.
}

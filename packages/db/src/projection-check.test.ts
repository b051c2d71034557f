import { STATUS_TOPIC } from '@fanfare/contracts';
import { statusEvent } from '@fanfare/domain';
import { expect } from 'chai';
import { accepted, freshRow, groupOf, useDatabase } from './fixture.ts';
import {
  type Accepted,
  acceptGroup,
  cancel,
  compareProjection,
  findAhead,
  forgetOutbox,
  getNotification,
  getTrace,
  type LoggedEvent,
  project,
  readPositions,
  readProgress,
  RowRefused,
  showAgain,
  traceAgain,
} from './index.ts';

const AT = Date.parse('2030-01-31T09:00:00.123Z');

/** The states of a notification whose first attempt succeeded, as its log has them. */
function logOf({ draft, ...identity }: Accepted, partition: number, first: number): LoggedEvent[] {
  const start = freshRow({ draft, ...identity }, AT);
  const tried = { ...start, attempt: 1, fence: 1, started_at: AT + 10 };
  const sent = { provider: 'acme', provider_message_id: 'm-1', duration_ms: 20, outcome: 'accepted' };
  return [
    start,
    { ...tried, state: 'processing' as const, at: AT + 10 },
    { ...tried, ...sent, state: 'delivered' as const, at: AT + 30 },
  ].map((row, i) => ({
    ...statusEvent({ ...draft, ...identity }, row),
    log_partition: partition,
    log_offset: first + i,
  }));
}

describe('projection check and repair', () => {
  const test = useDatabase();
  let nextOffset = 0;

  async function stored(): Promise<Accepted> {
    const notification = accepted({}, { correlation_id: 'c', source: 'billing' });
    const group = groupOf([notification]);
    await acceptGroup(test.db, group);
    await forgetOutbox(test.db, [group.outboxId]);
    return notification;
  }

  async function projected(events: LoggedEvent[]): Promise<LoggedEvent[]> {
    const expected = await readProgress(test.db, STATUS_TOPIC, 0);
    nextOffset = Math.max(nextOffset, ...events.map(({ log_offset }) => log_offset + 1));
    await project(test.db, STATUS_TOPIC, [{ partition: 0, expected, next: nextOffset }], events);
    return events;
  }

  /** A notification that was delivered, and its log. */
  async function delivered(): Promise<{ id: string; log: LoggedEvent[] }> {
    const notification = await stored();
    return { id: notification.id, log: await projected(logOf(notification, 0, nextOffset)) };
  }

  /** Kinds of differences for each event, in order. */
  async function kinds(log: LoggedEvent[]): Promise<string[][]> {
    const found = await compareProjection(test.db, log);
    return found.map((one) => (one instanceof RowRefused ? ['refused'] : one.map(({ kind }) => kind)));
  }

  const shown = async (id: string) => [await getNotification(test.db, id), await getTrace(test.db, id)];
  const alter = (id: string, assignments: string) =>
    test.sql(`UPDATE notifications SET ${assignments} WHERE id = $1`, [id]);

  it('finds nothing where everything is as the log says, also when a state was told twice', async () => {
    const { log } = await delivered();
    const again = log.map((event) => ({ ...event, log_offset: event.log_offset + 3 }));
    await projected(again);
    expect(await kinds(log)).to.deep.equal([[], [], []]);
    expect(await kinds([...again, ...log])).to.deep.equal([[], [], [], [], [], []]);
  });

  const COLUMNS: [column: string, value: string][] = [
    ['status', `'failed'`],
    ['attempts', '7'],
    ['failure_reason', `'broken by hand'`],
    ['next_retry_at', 'now()'],
    ['last_attempted_at', 'NULL'],
    ['delivered_at', 'NULL'],
    ['failed_at', 'now()'],
    ['cancelled_at', 'now()'],
    ['provider', 'NULL'],
    ['provider_message_id', `'another'`],
    ['updated_at', 'now()'],
  ];
  for (const [column, value] of COLUMNS)
    it(`sees another ${column} in the read model, and mends it`, async () => {
      const { id, log } = await delivered();
      const before = await shown(id);
      await alter(id, `${column} = ${value}`);
      const [[difference] = []] = (await compareProjection(test.db, log.slice(2))).map((one) => [one].flat());
      if (difference === undefined || difference instanceof RowRefused) throw new Error('no difference');
      const { kind, here, log: said } = difference;
      const changed = Object.keys(said ?? {}).filter((name) => here?.[name] !== said?.[name]);
      expect({ kind, changed }).to.deep.equal({ kind: 'differs', changed: [column] });
      expect(await showAgain(test.db, log)).to.equal(1);
      expect(await shown(id)).to.deep.equal(before);
    });

  it('sees a state that is too old, and mends it with the newest event alone', async () => {
    const { id, log } = await delivered();
    const before = await shown(id);
    await alter(id, `version = 1, status = 'queued'`);
    expect(await kinds(log)).to.deep.equal([[], [], ['behind']]);
    expect(await showAgain(test.db, log.toReversed())).to.equal(1);
    expect(await shown(id)).to.deep.equal(before);
  });

  it('sees a state that never was, and takes it back only because the truth has not come so far', async () => {
    const { id, log } = await delivered();
    const before = await shown(id);
    await test.sql(`UPDATE deliveries SET state = 'delivered', attempt = 1, fence = 1 WHERE id = $1`, [id]);
    await alter(id, `version = 1000001, status = 'queued'`);
    expect(await kinds(log)).to.deep.equal([[], [], ['ahead']]);
    expect(await findAhead(test.db, [id])).to.deep.equal(new Map([[id, 1_000_001]]));
    expect(await showAgain(test.db, log)).to.equal(1);
    expect(await shown(id)).to.deep.equal(before);
  });

  it('leaves a state alone that the truth has come to, whatever the log says', async () => {
    const notification = await stored();
    const log = await projected(logOf(notification, 0, nextOffset).slice(0, 1));
    const outboxId = accepted().id;
    await cancel(test.db, notification.id, outboxId);
    const before = await shown(notification.id);
    expect(await kinds(log)).to.deep.equal([['ahead']]);
    expect(await findAhead(test.db, [notification.id]), 'promised').to.deep.equal(new Map());
    await forgetOutbox(test.db, [outboxId]);
    expect(await findAhead(test.db, [notification.id])).to.deep.equal(new Map([[notification.id, 900_005]]));
    expect(await showAgain(test.db, log)).to.equal(0);
    expect(await shown(notification.id)).to.deep.equal(before);
  });

  it('takes no state back that is shown while it repairs', async () => {
    const notification = await stored();
    const log = await projected(logOf(notification, 0, nextOffset).slice(0, 1));
    await alter(notification.id, `status = 'failed'`);
    const canceller = test.connect(1);
    const say = (text: string) => canceller.query({ name: '', text }, []);
    await say('BEGIN');
    await cancel(canceller, notification.id, accepted().id);
    const repairing = showAgain(test.db, log);
    const isBlocked = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    while ((await test.sql(isBlocked)).length === 0) continue;
    await say('COMMIT');
    expect(await repairing).to.equal(0);
    expect(await getNotification(test.db, notification.id)).to.have.property('status', 'cancelled');
  });

  it('sees rows of the trace that are missing or say something else, and writes them again', async () => {
    const { id, log } = await delivered();
    const before = await shown(id);
    await test.sql('DELETE FROM status_events WHERE notification_id = $1 AND version = 12', [id]);
    await test.sql(`UPDATE status_events SET reason = 'no' WHERE notification_id = $1 AND version = 1`, [id]);
    expect(await kinds(log)).to.deep.equal([['trace_differs'], ['untraced'], []]);
    expect(await traceAgain(test.db, log.slice(0, 2))).to.equal(2);
    expect(await shown(id)).to.deep.equal(before);
    expect(await kinds(log)).to.deep.equal([[], [], []]);
  });

  it('sees a notification that has lost its row, and lets one rest that was removed', async () => {
    const { id, log } = await delivered();
    await test.sql('DELETE FROM notifications WHERE id = $1', [id]);
    expect(await kinds(log)).to.deep.equal([[], [], ['missing']]);
    expect(await showAgain(test.db, log)).to.equal(0);
    await test.sql('DELETE FROM deliveries WHERE id = $1', [id]);
    expect(await kinds(log)).to.deep.equal([[], [], []]);
  });

  it('tells what Postgres refuses apart, as the projector passes over it', async () => {
    const { id, log } = await delivered();
    const [first, second, third] = log;
    if (first === undefined || second === undefined || third === undefined) throw new Error('unreachable');
    const spoilt = { ...second, log_offset: nextOffset, reason: 'a\0b' };
    const nobody = { ...second, log_offset: nextOffset + 1, notification_id: 'no uuid' };
    await test.sql('DELETE FROM status_events WHERE notification_id = $1 AND version = 1', [id]);
    expect(await kinds([first, spoilt, second, nobody, third])).to.deep.equal([
      ['untraced'],
      ['refused'],
      [],
      ['refused'],
      [],
    ]);
    expect(await traceAgain(test.db, [spoilt, first])).to.equal(1);
  });

  it('reads positions without making any', async () => {
    expect(await readPositions(test.db, 'no-such-topic')).to.deep.equal(new Map());
    await readProgress(test.db, 'another-topic', 3);
    expect(await readPositions(test.db, 'another-topic')).to.deep.equal(new Map([[3, 0]]));
  });
});

import type { Channel } from '@fanfare/contracts';
import { RETRY_AFTER_MAX_MS } from '@fanfare/domain';
import { expect } from 'chai';
import { useDatabase } from './fixture.ts';
import {
  announceLanes,
  type Lane,
  pauseLane,
  readLaneOrders,
  readLanes,
  resumeLane,
  throttleLane,
} from './index.ts';

const CHAIN = [
  { channel: 'sms', provider: 'primary', position: 0 },
  { channel: 'sms', provider: 'backup', position: 1 },
  { channel: 'push', provider: 'acme', position: 0 },
] as const;
const PRIMARY = { channel: 'sms', provider: 'primary' } as const;
const UNKNOWN = [
  { channel: 'sms', provider: 'nobody' },
  { channel: 'push', provider: 'primary' },
  { channel: 'email' },
] as const;

describe('lanes', () => {
  const test = useDatabase();
  beforeEach(async () => {
    await test.sql('TRUNCATE lanes');
    await announceLanes(test.db, CHAIN);
  });

  const clock = async (): Promise<number> => {
    const [row] = await test.sql<{ at: number }>(`SELECT date_trunc('milliseconds', now()) AS at`);
    return row?.at ?? Number.NaN;
  };
  const laneOf = async (name: { channel: Channel; provider: string }): Promise<Lane | undefined> =>
    (await readLanes(test.db)).find((lane) => nameOf(lane) === nameOf(name));
  const shut = async (channels: Channel[] = ['sms', 'email', 'push']) =>
    (await readLaneOrders(test.db, channels))
      .filter(({ paused, throttled_for_ms }) => paused || throttled_for_ms > 0)
      .map(({ channel, provider, paused, throttled_for_ms }) => ({
        channel,
        provider,
        paused,
        throttled_for_ms,
      }));
  const resumedAt = async () =>
    (await readLaneOrders(test.db, ['sms'])).map(({ provider, resumed_at }) => [
      provider,
      resumed_at !== null,
    ]);

  it('say when they were resumed, also if nothing was known to shut them', async () => {
    await resumeLane(test.db, PRIMARY);
    expect(await resumedAt()).to.deep.equal([
      ['backup', false],
      ['primary', true],
    ]);
  });

  it('are listed by channel in the order of their chain, open, when somebody has announced them', async () => {
    const from = await clock();
    await announceLanes(test.db, CHAIN);
    const lanes = await readLanes(test.db);
    expect(lanes.map(nameOf)).to.deep.equal(['push/acme', 'sms/primary', 'sms/backup']);
    for (const { seen_at, paused_at, paused_reason, throttled_until } of lanes) {
      expect(seen_at)
        .to.be.at.least(from)
        .and.at.most(await clock());
      expect([paused_at, paused_reason, throttled_until]).to.deep.equal([null, null, null]);
    }
    expect(await shut()).to.deep.equal([]);
  });

  it('are shut by a pause of one, and opened by its end', async () => {
    const from = await clock();
    const [paused, ...others] = await pauseLane(test.db, { ...PRIMARY, reason: 'maintenance' });
    expect(others).to.deep.equal([]);
    expect(paused).to.deep.equal(await laneOf(PRIMARY));
    expect(paused).to.include({ ...PRIMARY, position: 0, paused_reason: 'maintenance' });
    expect(paused?.paused_at)
      .to.be.at.least(from)
      .and.at.most(await clock());
    expect(await shut()).to.deep.equal([{ ...PRIMARY, paused: true, throttled_for_ms: 0 }]);
    const [resumed] = await resumeLane(test.db, PRIMARY);
    expect(resumed).to.include({ paused_at: null, paused_reason: null });
    expect(await shut()).to.deep.equal([]);
  });

  it('are paused and resumed a channel at once', async () => {
    const paused = await pauseLane(test.db, { channel: 'sms', reason: null });
    expect(paused.map(nameOf)).to.deep.equal(['sms/primary', 'sms/backup']);
    expect((await shut()).map(nameOf)).to.have.members(['sms/primary', 'sms/backup']);
    const resumed = await resumeLane(test.db, { channel: 'sms' });
    expect(resumed.map(nameOf)).to.deep.equal(['sms/primary', 'sms/backup']);
    expect(await shut()).to.deep.equal([]);
  });

  it('stay paused since the first time, with the last reason that was given', async () => {
    const [first] = await pauseLane(test.db, { ...PRIMARY, reason: 'one' });
    await test.sql(`UPDATE lanes SET paused_at = paused_at - interval '1 hour'`);
    const paused_at = (first?.paused_at ?? Number.NaN) - 3_600_000;
    const again = await pauseLane(test.db, { ...PRIMARY, reason: 'two' });
    expect(again[0]).to.include({ paused_at, paused_reason: 'two' });
    const unsaid = await pauseLane(test.db, { ...PRIMARY, reason: null });
    expect(unsaid[0]).to.include({ paused_at, paused_reason: 'two' });
  });

  it('stay paused when delivery processes start again, in another place of the chain', async () => {
    await pauseLane(test.db, { ...PRIMARY, reason: 'maintenance' });
    await throttleLane(test.db, { ...PRIMARY, forMs: 60_000 });
    await test.sql(`UPDATE lanes SET seen_at = seen_at - interval '1 hour'`);
    const before = await laneOf(PRIMARY);
    await announceLanes(test.db, [{ ...PRIMARY, position: 3 }]);
    const after = await laneOf(PRIMARY);
    expect(after).to.deep.equal({ ...before, position: 3, seen_at: after?.seen_at });
    expect(after?.seen_at).to.be.greaterThan((before?.seen_at ?? Number.NaN) + 3_599_000);
  });

  it('that nobody has announced cannot be paused, resumed or throttled', async () => {
    for (const name of UNKNOWN) {
      expect(await pauseLane(test.db, { ...name, reason: 'x' })).to.deep.equal([]);
      expect(await resumeLane(test.db, name)).to.deep.equal([]);
    }
    expect(await throttleLane(test.db, { ...UNKNOWN[0], forMs: 1_000 })).to.equal(false);
    expect(await readLanes(test.db)).to.have.length(3);
    expect(await shut()).to.deep.equal([]);
  });

  it('are throttled as long as the longest pause that their provider asked for', async () => {
    const from = await clock();
    expect(await throttleLane(test.db, { ...PRIMARY, forMs: 60_000 })).to.equal(true);
    await throttleLane(test.db, { ...PRIMARY, forMs: 10_000.5 });
    await throttleLane(test.db, { ...PRIMARY, forMs: -5 });
    const until = (await laneOf(PRIMARY))?.throttled_until;
    expect(until)
      .to.be.at.least(from + 60_000)
      .and.at.most((await clock()) + 60_000);
    const [state, ...others] = await shut();
    expect(others).to.deep.equal([]);
    expect(state).to.include({ ...PRIMARY, paused: false });
    expect(state?.throttled_for_ms)
      .to.be.at.most(60_000)
      .and.at.least((until ?? Number.NaN) - (await clock()));
  });

  it('are not throttled any more when the time is over, without anybody doing anything', async () => {
    await throttleLane(test.db, { ...PRIMARY, forMs: 60_000 });
    await test.sql(`UPDATE lanes SET throttled_until = now() - interval '1 millisecond'`);
    expect(await shut()).to.deep.equal([]);
    expect(await laneOf(PRIMARY)).to.include({ throttled_until: null });
    await pauseLane(test.db, { ...PRIMARY, reason: null });
    expect(await shut()).to.deep.equal([{ ...PRIMARY, paused: true, throttled_for_ms: 0 }]);
  });

  it('are throttled for an hour at most', async () => {
    await throttleLane(test.db, { ...PRIMARY, forMs: 365 * 86_400_000 });
    const [state] = await shut();
    expect(state?.throttled_for_ms)
      .to.be.at.most(RETRY_AFTER_MAX_MS)
      .and.greaterThan(RETRY_AFTER_MAX_MS - 60_000);
  });

  it('are opened by an operator although their provider asked for a pause', async () => {
    await throttleLane(test.db, { ...PRIMARY, forMs: 60_000 });
    expect((await resumeLane(test.db, PRIMARY))[0]).to.include({ throttled_until: null });
    expect(await shut()).to.deep.equal([]);
  });

  it('are told for the channels that a process serves alone', async () => {
    await pauseLane(test.db, { channel: 'sms', reason: null });
    await throttleLane(test.db, { channel: 'push', provider: 'acme', forMs: 60_000 });
    expect((await shut(['push'])).map(nameOf)).to.deep.equal(['push/acme']);
    expect((await shut(['sms', 'email'])).map(nameOf)).to.have.members(['sms/primary', 'sms/backup']);
    expect(await shut([])).to.deep.equal([]);
  });

  it('are announced, paused, resumed and throttled by many at once without a deadlock', async () => {
    const deadlocks = await test.deadlocksOf(8, (db) =>
      Promise.all(
        Array.from({ length: 100 }, (_, round) => [
          announceLanes(db, round % 2 === 0 ? CHAIN : CHAIN.toReversed()),
          pauseLane(db, { channel: 'sms', reason: null }),
          resumeLane(db, { channel: 'sms' }),
          throttleLane(db, { ...PRIMARY, forMs: round }),
        ]).flat(),
      ),
    );
    expect(deadlocks).to.equal(0);
    expect(await readLanes(test.db)).to.have.length(3);
  });
});

function nameOf({ channel, provider }: { channel: string; provider: string }): string {
  return `${channel}/${provider}`;
}

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { DeadLetterResource } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch, getNotification } from './api.ts';
import { expectStatus, expectTrace } from './follow.ts';
import { kcatProduce } from './kcat.ts';
import { expectStory, listen } from './listen.ts';
import { mustRun, run } from './program.ts';
import { recipientFor } from './recipients.ts';
import { sendBatchByCurl } from './rest-door.ts';
import { callsSince, setFailRate } from './simulator.ts';
import { useSystem } from './system.ts';

const FANFARE = fileURLToPath(new URL('../../node_modules/.bin/fanfare', import.meta.url));

/** How many of each: they fail in the first cycle, and so they end in the second. */
const OUTAGE = 60;
const STUBBORN = 20;
const REJECTED = 5;
const LATE = 3;
const ALL = OUTAGE + STUBBORN + REJECTED + LATE;
/** Longer than the failures take to come to the dead letters; they are redriven after it. */
const EXPIRES_MS = 8_000;

describe('dead letters, redriven with the command line', () => {
  const system = useSystem();
  let startedAt = new Date();
  let ids: string[] = [];
  const outage = () => ids.slice(0, OUTAGE);
  const stubborn = () => ids.slice(OUTAGE, -REJECTED - LATE);
  const rejected = () => ids.slice(-REJECTED - LATE, -LATE);
  const late = () => ids.slice(-LATE);

  const fanfare = (...args: string[]) =>
    mustRun(FANFARE, ['dlq', ...args], { env: { FANFARE_URL: system().apiUrl } });
  const since = (channel = 'sms') => ['--after', startedAt.toISOString(), '--channel', channel];
  const letters = async (...args: string[]): Promise<DeadLetterResource[]> => {
    const listed = JSON.parse(String(await fanfare('ls', ...since(), '--limit', '1000', '--json', ...args)));
    return listed.items;
  };
  const redrive = async (...args: string[]) =>
    JSON.parse(String(await fanfare('redrive', ...since(), '--json', ...args)));
  /** What the first redrive makes of all letters there are: of one that came twice, the second is skipped. */
  const allButLate = async () => {
    const found = await letters();
    const expired = found.filter(({ notification_id: id }) => late().includes(id ?? '')).length;
    const skipped = {
      already_redriven: found.length - expired - (ALL - LATE),
      delivered: 0,
      cancelled: 0,
      expired,
    };
    return { redriven: ALL - LATE, skipped, not_redrivable: 0, remaining: 0 };
  };

  before('fail them all while the provider is down', async () => {
    const { apiUrl, simulatorUrl } = system();
    startedAt = new Date();
    const expiresAtMs = startedAt.getTime() + EXPIRES_MS;
    await setFailRate(simulatorUrl, 1);
    try {
      const batch = await sendBatchByCurl(system(), [
        ...members(OUTAGE, 'Kesintide kaldı 🔌'),
        ...members(STUBBORN, 'Her turda bir kez [fail:1]'),
        ...members(REJECTED, 'Reddedilir [reject]'),
        ...members(LATE, 'Geç kalır', { expires_at: new Date(expiresAtMs).toISOString() }),
      ]);
      ids = (await getBatch(apiUrl, batch.id)).notifications.map(({ id }) => id);
      await eventually(async () => expect(idsOf(await letters())).to.have.lengthOf(ALL));
      await eventually(async () =>
        expect((await getBatch(apiUrl, batch.id)).counts).to.deep.equal({ failed: ALL }),
      );
    } finally {
      await setFailRate(simulatorUrl, 0);
    }
    await eventually(() => expect(Date.now()).to.be.greaterThan(expiresAtMs));
  });

  it('lists them with what became of their notifications', async () => {
    const byReason = Map.groupBy(await letters(), ({ reason }) => reason);
    expect(idsOf(byReason.get('rejected'))).to.deep.equal(new Set(rejected()));
    expect(idsOf(byReason.get('attempts_exhausted'))).to.have.lengthOf(ALL - REJECTED);
    for (const letter of byReason.get('rejected') ?? [])
      expect(letter).to.include({ notification_status: 'failed', cycle: 0, resolution: null });
  });

  it('counts them first, and asks somebody before it changes anything', async () => {
    expect(await redrive('--dry-run')).to.deep.equal(await allButLate());
    const unasked = await run(FANFARE, ['dlq', 'redrive', ...since()], {
      env: { FANFARE_URL: system().apiUrl },
    });
    expect(unasked.code).to.equal(2);
    expect(unasked.stderr).to.include('--yes');
    expect(idsOf(await letters('--state', 'open'))).to.have.lengthOf(ALL);
  });

  it('redrives them: one more cycle, and what has expired is left alone', async () => {
    const [id = ''] = outage();
    const listener = await listen(system().apiUrl);
    listener.subscribe({ notification_id: id });
    const expected = await allButLate();
    expect(await redrive('--yes')).to.deep.equal(expected);
    await Promise.all(outage().map((one) => expectStatus(system(), one, 'delivered')));
    const { attempts, failure_reason, failed_at } = await getNotification(system().apiUrl, id);
    expect({ attempts, failure_reason, failed_at }).to.deep.equal({
      attempts: 1,
      failure_reason: null,
      failed_at: null,
    });
    for (const one of outage())
      await expectTrace(system(), one, ['processing', 'failed', 'queued', 'processing', 'delivered']);
    await eventually(() => expectStory(listener.heard(id), 'delivered'));
    await listener.close();
    expect((await letters('--state', 'redriven')).length).to.equal(ALL - LATE);
  });

  it('lets what fails again become a dead letter again, of its next cycle', async () => {
    const failing = [...stubborn(), ...rejected()];
    const open = await eventually(async () => {
      const found = await letters('--state', 'open');
      expect(idsOf(found)).to.deep.equal(new Set(failing));
      return found;
    });
    expect(open.every(({ cycle }) => cycle === 1)).to.equal(true);
    for (const id of failing)
      await expectTrace(system(), id, ['processing', 'failed', 'queued', 'processing', 'failed']);
    expect(await redrive('--yes', '--reason', 'rejected', '--rate', '1000')).to.include({
      redriven: REJECTED,
    });
  });

  it('has sent nothing twice: each cycle one call, with a key of its own', async () => {
    await eventually(async () =>
      expect(idsOf(await letters('--state', 'open', '--reason', 'rejected'))).to.deep.equal(
        new Set(rejected()),
      ),
    );
    const keys = (await callsSince(system().simulatorUrl, startedAt.getTime())).map(
      (call) => call.idempotencyKey,
    );
    expect(keys.toSorted()).to.deep.equal(
      [
        ...cycles(late(), 1),
        ...cycles(outage(), 2),
        ...cycles(stubborn(), 2),
        ...cycles(rejected(), 3),
      ].toSorted(),
    );
  });

  it('does nothing for a record that never was a notification; purging takes it off the list', async () => {
    const id = randomUUID();
    await kcatProduce(system().brokers, { topic: 'notifications.push.low', key: id, value: 'no JSON' });
    const push = [...since('push'), '--reason', 'undecodable'];
    await eventually(async () => {
      const counted = JSON.parse(String(await fanfare('redrive', ...push, '--dry-run', '--json')));
      expect(counted).to.include({ redriven: 0, not_redrivable: 1 });
    });
    expect(String(await fanfare('ls', ...push))).to.match(/ undecodable +open +- /);
    expect(String(await fanfare('purge', ...push, '--yes'))).to.equal('1 deleted.\n');
    expect(String(await fanfare('ls', ...push))).to.equal('');
  });
});

/** Distinct: a record that is published twice, as at least once allows, has two letters. */
function idsOf(letters: readonly DeadLetterResource[] = []): Set<string | null> {
  return new Set(letters.map(({ notification_id }) => notification_id));
}

/** The idempotency keys of the first cycles of each. */
function cycles(ids: string[], count: number): string[] {
  return ids.flatMap((id) => Array.from({ length: count }, (_, cycle) => `${id}:${cycle}`));
}

function members(count: number, content: string, more: object = {}): object[] {
  return Array.from({ length: count }, (_, index) => ({
    channel: 'sms',
    recipient: recipientFor('sms', index),
    content,
    max_attempts: 1,
    ...more,
  }));
}

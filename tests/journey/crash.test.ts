import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch, getTrace } from './api.ts';
import { recipientFor } from './recipients.ts';
import { sendBatchByCurl } from './rest-door.ts';
import { callsForAll, setLatency } from './simulator.ts';
import { DELIVERY_CONCURRENCY, type System, useSystem } from './system.ts';

const COUNT = 500;
const KILL_AFTER_CALLS = 100;
/**
 * With 50 at once the 500 take about 5 s. At any moment some calls are older than the newest commit (500 ms), so that a
 * record committed before its end would be lost.
 */
const SLOW = { latencyMs: 200, jitterMs: 600 };
const UNDISTURBED = ['created', 'queued', 'processing', 'delivered'];
const INTERRUPTED = ['created', 'queued', 'processing', 'processing', 'delivered'];

describe('delivery killed with kill -9 in the middle of 500 notifications', () => {
  const system = useSystem();
  let ids: string[] = [];
  let sentAtMs = 0;
  let calledAtKill = 0;

  const calls = () => callsForAll(system().simulatorUrl, ids, sentAtMs);
  const callCount = async () => [...(await calls()).values()].flat().length;

  before('send, kill in the middle, start again', async () => {
    const { apiUrl, simulatorUrl, killDelivery, startDelivery } = system();
    await setLatency(simulatorUrl, SLOW);
    sentAtMs = Date.now();
    const batch = await sendBatchByCurl(system(), members());
    ids = (await getBatch(apiUrl, batch.id)).notifications.map(({ id }) => id);
    await eventually(async () => expect(await callCount()).to.be.at.least(KILL_AFTER_CALLS));
    await killDelivery();
    calledAtKill = await callCount();
    await startDelivery();
    await allDelivered(system(), batch.id);
    await setLatency(simulatorUrl, { latencyMs: 0, jitterMs: 0 });
  });

  it('was killed with work left', () => {
    expect(calledAtKill).to.be.within(KILL_AFTER_CALLS, COUNT - 1);
  });

  it('delivers every one of them', async () => {
    const accepted = [...(await calls()).values()].map((own) =>
      own.some(({ answer }) => answer === 'accepted'),
    );
    expect(accepted).to.deep.equal(Array.from({ length: COUNT }, () => true));
  });

  it('repeats no call but those under way at the kill', async () => {
    const repeated = [...(await calls()).values()].filter((own) => own.length > 1);
    expect(repeated.length).to.be.at.most(DELIVERY_CONCURRENCY);
    for (const own of repeated) {
      expect(own).to.have.length(2);
      expect(new Set(own.map(({ idempotencyKey, content }) => `${idempotencyKey} ${content}`)).size).to.equal(
        1,
      );
    }
  });

  it('keeps every trace whole', async () => {
    for (const id of ids) await eventually(() => expectWholeTrace(system(), id));
  });
});

async function expectWholeTrace({ apiUrl }: System, id: string): Promise<void> {
  const events = (await getTrace(apiUrl, id)).map(({ event }) => event);
  // A worker may die before or after it told that it had begun.
  expect(events).to.deep.equal(events.length === INTERRUPTED.length ? INTERRUPTED : UNDISTURBED);
}

function members(): object[] {
  return Array.from({ length: COUNT }, (_, index) => ({
    channel: 'push',
    recipient: recipientFor('push', index),
    content: `${index}. bildirim 🔔`,
  }));
}

/** A killed worker's records come back when its session is over, and their claims when the lease is. */
function allDelivered({ apiUrl }: System, batchId: string): Promise<unknown> {
  return eventually(
    async () => expect((await getBatch(apiUrl, batchId)).counts).to.deep.equal({ delivered: COUNT }),
    { intervalMs: 250 },
  );
}

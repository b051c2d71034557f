import { workTopic } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch } from './api.ts';
import { kcatConsume } from './kcat.ts';
import { recipientFor } from './recipients.ts';
import { sendBatchByCurl } from './rest-door.ts';
import { callsForAll } from './simulator.ts';
import { useSystem } from './system.ts';

const BATCH_SIZE = 1_000;
const BATCHES = 10;
/** Long enough for all of them to be accepted before the first is due. */
const AHEAD_MS = 15_000;

describe(`${BATCHES * BATCH_SIZE} notifications due within one second`, () => {
  const system = useSystem();
  /** When each is due, by its id. */
  const due = new Map<string, number>();
  let startedAtMs = 0;

  before('send them, and wait for their end', async () => {
    const { apiUrl } = system();
    startedAtMs = Date.now();
    const batchIds: string[] = [];
    for (let batch = 0; batch < BATCHES; batch += 1)
      batchIds.push((await sendBatchByCurl(system(), members(startedAtMs + AHEAD_MS))).id);
    for (const id of batchIds)
      for (const { id: member, scheduled_at } of (await getBatch(apiUrl, id)).notifications)
        due.set(member, Date.parse(scheduled_at ?? ''));
    const isDelivered = async (id: string) =>
      expect((await getBatch(apiUrl, id)).counts).to.deep.equal({ delivered: BATCH_SIZE });
    for (const id of batchIds) await eventually(() => isDelivered(id), { intervalMs: 500 });
  });

  it('were accepted before they were due, each with its moment', () => {
    const moments = Array.from(due.values()).toSorted((a, b) => a - b);
    const [first = 0] = moments;
    const wanted = Array.from(due, (_, index) => startedAtMs + AHEAD_MS + Math.floor(index / BATCHES));
    expect(first).to.equal(startedAtMs + AHEAD_MS);
    expect(moments).to.deep.equal(wanted);
  });

  it('come to their work topic each once, and not a millisecond early', async () => {
    const records = await kcatConsume(system().brokers, workTopic('push', 'low'));
    const came = records.filter(({ key }) => due.has(key?.toString() ?? ''));
    expect(came.map(({ key }) => key?.toString())).to.have.members([...due.keys()]);
    const early = came.filter(
      ({ key, timestampMs }) => timestampMs < (due.get(key?.toString() ?? '') ?? Infinity),
    );
    expect(early.map(({ key }) => key?.toString())).to.deep.equal([]);
  });

  it('are sent each once, and not a millisecond early', async () => {
    const calls = await callsForAll(system().simulatorUrl, [...due.keys()], startedAtMs);
    const wrong = Array.from(due).filter(([id, dueAtMs]) => {
      const [call, another] = calls.get(id) ?? [];
      return call === undefined || another !== undefined || Date.parse(call.at) < dueAtMs;
    });
    expect(wrong).to.deep.equal([]);
  });
});

/** One for each millisecond of the second. */
function members(fromMs: number): object[] {
  return Array.from({ length: BATCH_SIZE }, (_, index) => ({
    channel: 'push',
    priority: 'low',
    recipient: recipientFor('push', index),
    content: `${index}. randevu ⏰`,
    scheduled_at: new Date(fromMs + index).toISOString(),
  }));
}

import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { summarise } from '../measure/statistics.ts';
import { quantity } from '../table.ts';

const MS = 1_000;

/** From the moment at which thousands are due, all of them, to the last one's record on its work topic. */
export async function measureDue(bench: Bench): Promise<Measured> {
  const { simulator, workTopics, plan } = bench;
  const { count } = plan.due;
  await untilQuiet(bench);
  await simulator.reset();
  const mark = await workTopics.mark();
  const dueAt = await schedule(bench);
  await untilDelivered(bench, count);
  const { lastAtMs } = await simulator.stats();
  const waits = (await workTopics.since(mark)).map(({ at }) => at - dueAt);
  requireAllInTime(waits, count);
  const { p50, max } = summarise(waits);
  const first = Math.min(...waits);
  return {
    rows: [
      {
        figure: `${count} due at once, last published`,
        value: max / MS,
        unit: 's',
        bar: BARS.due,
        limit: null,
      },
    ],
    notes: [
      `due: by the broker's clock, first after ${quantity(first, 'ms')}, half after ${quantity(p50, 'ms')}; ` +
        `the last is sent ${quantity((lastAtMs - dueAt) / MS, 's')} after it was due`,
    ],
    detail: { first, p50, max, lastSent: lastAtMs - dueAt },
  };
}

/** Returns the moment for which all of them are scheduled. */
async function schedule(bench: Bench): Promise<number> {
  const { count, leadSeconds } = bench.plan.due;
  const dueAt = Math.ceil(Date.now() / MS) * MS + leadSeconds * MS;
  const scheduled_at = new Date(dueAt).toISOString();
  await acceptBatches(bench, {
    figure: 'due',
    count: count / BATCH_SIZE,
    batchOf: (index) => generateBodies(200 + index, BATCH_SIZE).map((body) => ({ ...body, scheduled_at })),
  });
  if (Date.now() > dueAt - MS) throw new Error('accepting took until they were due');
  return dueAt;
}

function requireAllInTime(waits: readonly number[], count: number): void {
  if (waits.length !== count) throw new Error(`${waits.length} records were published for ${count}`);
  const early = waits.filter((wait) => wait < 0);
  if (early.length > 0) throw new Error(`${early.length} were published before they were due`);
}

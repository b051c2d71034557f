import { BARS } from '../bars.ts';
import { acceptBatches } from '../batches.ts';
import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { summarise } from '../measure/statistics.ts';
import { quantity } from '../table.ts';
import type { Appended } from '../work-topics.ts';

/** From when a retry is due, its jitter included, to its record on the work topic, while little else goes on. */
export async function measureLateness(bench: Bench): Promise<Measured> {
  const { simulator, progress, workTopics, plan } = bench;
  const { count } = plan.lateness;
  await untilQuiet(bench);
  await simulator.reset();
  const mark = await workTopics.mark();
  await acceptBatches(bench, { figure: 'lateness', count: 1, batchOf: () => failingOnce(count) });
  progress(`lateness ${count} wait for their first retry`);
  await untilDelivered(bench, count);
  const samples = latenessOf(await workTopics.since(mark), count);
  const lateness = summarise(samples);
  const { p50, p95, p99, max } = lateness;
  return {
    rows: [{ figure: 'retry after it is due, p99', value: p99, unit: 'ms', bar: BARS.lateness, limit: null }],
    notes: [
      `lateness: p50 ${quantity(p50, 'ms')}, p95 ${quantity(p95, 'ms')}, max ${quantity(max, 'ms')} of ${count} ` +
        'retries; not_before to the time that the broker gave the record; all services running',
    ],
    detail: { lateness },
  };
}

/** Their first calls fail at about the same moment; the jitter spreads the retries over seconds. */
function failingOnce(count: number): object[] {
  return generateBodies(300, count).map((body) => ({ ...body, content: `${body.content} [fail:1]` }));
}

function latenessOf(appended: readonly Appended[], count: number): number[] {
  const samples = appended.flatMap(({ at, notBefore }) => (notBefore === null ? [] : [at - notBefore]));
  if (samples.length !== count) throw new Error(`${samples.length} retries came for ${count} failed calls`);
  const early = samples.filter((lateMs) => lateMs < 0);
  if (early.length > 0) throw new Error(`${early.length} retries came before they were due`);
  return samples;
}

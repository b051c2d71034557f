import { setTimeout as sleep } from 'node:timers/promises';
import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { costWhile } from '../measure/processes.ts';
import { readMetric } from '../measure/metrics.ts';
import { EVERY_SERVICE } from '../system.ts';
import { requireAllToldDelivered } from './complete.ts';
import { costEachText } from './costs.ts';

/** Of a notification that is delivered at once: queued, processing, delivered. */
const EVENTS_EACH = 3;
const MS = 1_000;

/** How fast the projector, with nothing else running, works off the events of journeys that ended while it was away. */
export async function measureProject(bench: Bench): Promise<Measured> {
  const { system, progress } = bench;
  const { count } = bench.plan.project;
  const batches = await travelUnseen(bench, count);
  const events = count * EVENTS_EACH;

  await system.run([]);
  progress('project starting the projector', 'moving');
  await system.run(['projector']);
  const pids = { ...system.servicePids(), ...system.stackPids() };
  const { result, cost } = await costWhile(pids, () => untilProjected(bench, events));
  await system.run(EVERY_SERVICE);
  await requireAllToldDelivered(system.ports.ingest, batches);
  return {
    rows: [
      {
        figure: `projecting ${events} status events`,
        value: result.perSecond,
        unit: '/s',
        bar: BARS.project,
        limit: null,
      },
    ],
    notes: [
      `project: the projector alone; of each notification ${EVENTS_EACH} events, and all are told delivered; CPU for ` +
        `each event, ${costEachText(cost, result.counted)}`,
    ],
    detail: { ...result, events, cost },
  };
}

/** Has so many notifications delivered while nobody projects it. Returns the ids of their batches. */
async function travelUnseen(bench: Bench, count: number): Promise<string[]> {
  await untilQuiet(bench);
  await bench.system.stop('projector');
  await bench.simulator.reset();
  const batches = await acceptBatches(bench, {
    figure: 'project',
    count: count / BATCH_SIZE,
    batchOf: (index) => generateBodies(700 + index, BATCH_SIZE),
  });
  await untilDelivered(bench, count);
  await untilQuiet(bench);
  return batches;
}

type Pace = { perSecond: number; counted: number; seconds: number };
const SAMPLE_EVERY_MS = 50;
const STALL_MS = 30_000;

/** From the last look that found none projected, or the first one of all, to the one that found all. */
async function untilProjected({ system, progress, signal }: Bench, events: number): Promise<Pace> {
  let first = await look();
  for (let last = first, movedAt = first.at; ;) {
    if (last.count >= events) return paceBetween(first, last);
    await sleep(SAMPLE_EVERY_MS, undefined, { signal });
    const next = await look();
    if (next.count > last.count) movedAt = next.at;
    if (next.at - movedAt > STALL_MS)
      throw new Error(
        `${next.count} of ${events} events were projected, and then none for ${STALL_MS / MS} s`,
      );
    if (next.count === 0) first = next;
    last = next;
    progress(`project ${last.count} of ${events}`, 'moving');
  }

  async function look(): Promise<Look> {
    const at = performance.now();
    return { at, count: await readMetric(system.ports.projector, 'fanfare_projector_records_total') };
  }
}

type Look = { at: number; count: number };

function paceBetween(first: Look, last: Look): Pace {
  const [counted, seconds] = [last.count - first.count, (last.at - first.at) / MS];
  return { counted, seconds, perSecond: counted / seconds };
}

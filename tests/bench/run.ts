import type { ServiceName } from '@fanfare/infra/services';
import type { Bench } from './bench.ts';
import { type FigureKey, FIGURES, type Measured } from './figure.ts';
import { measureAccept } from './figures/accept.ts';
import { measureBatch } from './figures/batch.ts';
import { measureDrain } from './figures/drain.ts';
import { measureDue } from './figures/due.ts';
import { measureEndToEnd } from './figures/end-to-end.ts';
import { measureIdle } from './figures/idle.ts';
import { measureLateness } from './figures/lateness.ts';
import { measureLive } from './figures/live.ts';
import { measureMemory } from './figures/memory.ts';
import { measureOpen } from './figures/open.ts';
import { measureOutage } from './figures/outage.ts';
import { measurePace } from './figures/pace.ts';
import { measurePaceCost } from './figures/pace-cost.ts';
import { measureProject } from './figures/project.ts';
import { measureRecovery } from './figures/recovery.ts';
import { measureSockets } from './figures/sockets.ts';
import { measureUrgent } from './figures/urgent.ts';
import { EVERY_SERVICE } from './system.ts';
import { quantity } from './table.ts';

/** What came of a measurement: its figures, or why there are none. */
export type Outcome = { figure: FigureKey; measured: Measured } | { figure: FigureKey; failure: string };

type Stage = { services: readonly ServiceName[]; figures: Partial<Record<FigureKey, Measure>> };
type Measure = (bench: Bench) => Promise<Measured>;

/** Idle comes before anything was sent; what leaves work behind comes last, when nobody is there to do it. */
const STAGES: readonly Stage[] = [
  {
    services: EVERY_SERVICE,
    figures: {
      idle: measureIdle,
      e2e: measureEndToEnd,
      open: measureOpen,
      live: measureLive,
      drain: measureDrain,
      due: measureDue,
      lateness: measureLateness,
      recovery: measureRecovery,
      pace: measurePace,
      'pace-cost': measurePaceCost,
      sockets: measureSockets,
      project: measureProject,
      outage: measureOutage,
      urgent: measureUrgent,
    },
  },
  { services: ['ingest'], figures: { accept: measureAccept, batch: measureBatch, memory: measureMemory } },
];

/** Takes the chosen figures, and gives what came of them in the order in which they are shown. */
export async function takeFigures(bench: Bench, only: readonly FigureKey[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const stage of STAGES) {
    const chosen = Object.entries(stage.figures).filter(([key]) => only.some((wanted) => wanted === key));
    if (chosen.length > 0) await bench.system.run(stage.services);
    for (const [key, measure] of chosen) outcomes.push(await attempt(bench, key as FigureKey, measure));
  }
  return outcomes.toSorted((a, b) => FIGURES.indexOf(a.figure) - FIGURES.indexOf(b.figure));
}

/** One figure that cannot be taken leaves the others, unless the run as a whole is over. */
async function attempt(bench: Bench, figure: FigureKey, measure: Measure): Promise<Outcome> {
  try {
    const measured = await measure(bench);
    bench.progress(`${figure} ${measured.rows.map(({ value, unit }) => quantity(value, unit)).join(', ')}`);
    return { figure, measured };
  } catch (error) {
    bench.signal.throwIfAborted();
    const failure = error instanceof Error ? error.message : String(error);
    bench.progress(`${figure} could not be measured`);
    return { figure, failure };
  }
}

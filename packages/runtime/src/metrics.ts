import { Counter, Gauge, Histogram, collectDefaultMetrics, register } from 'prom-client';

type Name = `fanfare_${string}`;
type Described<L extends string> = { name: Name; help: string; labels?: readonly L[] };

/** Counts what happened; the name ends in `_total`. Its labels are fixed here, and their values must be few. */
export function counter<const L extends string = never>({
  name,
  help,
  labels = [],
}: Described<L>): Counter<L> {
  return new Counter({ name, help, labelNames: labels });
}

/** A value that goes up and down; `collect` sets it when it is asked for, which beats setting it on a timer. */
export function gauge<const L extends string = never>(options: GaugeOptions<L>): Gauge<L> {
  const { name, help, labels = [], collect } = options;
  if (collect === undefined) return new Gauge({ name, help, labelNames: labels });
  const own: Gauge<L> = new Gauge({ name, help, labelNames: labels, collect: () => collected(own, options) });
  return own;
}

/** How values are distributed; `buckets` are upper bounds, in the unit that the name ends in. */
export function histogram<const L extends string = never>(options: HistogramOptions<L>): Histogram<L> {
  const { name, help, labels = [], buckets = secondsBuckets } = options;
  return new Histogram({ name, help, labelNames: labels, buckets: [...buckets] });
}

/** Everything that this process measures, in the text format of Prometheus. */
export async function metricsText(): Promise<{ contentType: string; body: string }> {
  return { contentType: register.contentType, body: await register.metrics() };
}

/** Adds what Node itself tells: memory, CPU, garbage collection, event loop. Once a process. */
export function collectProcessMetrics(service: string): void {
  register.setDefaultLabels({ service });
  collectDefaultMetrics({ eventLoopMonitoringPrecision: NEVER_MS });
  for (const part of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    register.removeSingleMetric(`nodejs_eventloop_lag_${part}_seconds`);
  measureEventLoop();
}

/**
 * prom-client samples the event loop's delay on a timer, which wakes an idle process 100 times a second and costs
 * 0.7 % of a core each. The loop's own account of its busy time says as much and costs nothing: its rate is the
 * share of time that was busy, and 1 means overload.
 */
function measureEventLoop(): void {
  const busy = new Counter({
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time that the event loop was not idle, in seconds.',
    collect() {
      busy.reset();
      busy.inc(performance.eventLoopUtilization().active / 1_000);
    },
  });
}

/** A value that cannot be had now is not told at all: neither an old one instead, nor an end to all the others. */
async function collected<L extends string>(
  own: Gauge<L>,
  { labels = [], collect }: GaugeOptions<L>,
): Promise<void> {
  try {
    await collect?.(own);
  } catch {
    if (labels.length === 0) own.remove();
    else own.reset();
  }
}

type GaugeOptions<L extends string> = Described<L> & { collect?: (gauge: Gauge<L>) => void | Promise<void> };
type HistogramOptions<L extends string> = Described<L> & { buckets?: readonly number[] };

/** The longest timer that Node has (24.8 days). */
const NEVER_MS = 2 ** 31 - 1;
/** From a grouped insert (1 ms) to a slow provider (10 s). */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

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
  return new Gauge({
    name,
    help,
    labelNames: labels,
    ...(collect === undefined
      ? {}
      : {
          collect(this: Gauge<L>) {
            return collect(this);
          },
        }),
  });
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
  collectDefaultMetrics();
}

type GaugeOptions<L extends string> = Described<L> & { collect?: (gauge: Gauge<L>) => void | Promise<void> };
type HistogramOptions<L extends string> = Described<L> & { buckets?: readonly number[] };

/** From a grouped insert (1 ms) to a slow provider (10 s). */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

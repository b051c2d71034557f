/** `start` is up seconds sooner and smaller; `load` lets the JVM optimise what a load test keeps hot. */
export type Tuning = 'start' | 'load';

export const JVM_FLAGS: Record<Tuning, string[]> = {
  start: ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  load: ['-XX:+UseSerialGC'],
};

export * from './decide.ts';
export * from './fingerprint.ts';
export * from './outcome.ts';
export * from './records.ts';
export * from './retry-schedule.ts';
export * from './states.ts';
export * from './validation.ts';

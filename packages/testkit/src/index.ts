// infra is imported by its path: as a dependency it would close a circle, since the tests of kafka and db, which infra
// runs, use this package.
export { eventually } from './eventually.ts';
export type { EventuallyOptions } from './eventually.ts';
export { freshDatabase } from './fresh-database.ts';
export type { FreshDatabase } from './fresh-database.ts';
export { startServices } from './services.ts';
export type { RunningServices } from './services.ts';
export { stack, startTestStack } from './stack.ts';

export * from './accept.ts';
export * from './claim.ts';
export * from './connect.ts';
export * from './dead-letters.ts';
export * from './migrate.ts';
export * from './notifications.ts';
export * from './outbox.ts';
export * from './projection.ts';

export * from './accept.ts';
export {
  createApiKey,
  findApiKeys,
  type ListedKey,
  listApiKeys,
  revokeApiKey,
  type StoredKey,
} from './api-keys.ts';
export { KEY_FRESH_MS, openKeyring } from './api-keys-keyring.ts';
export * from './batch.ts';
export { cancel, type Cancellation } from './cancel.ts';
export * from './claim.ts';
export * from './connect.ts';
export * from './cursor-key.ts';
export * from './dead-letters.ts';
export * from './expire.ts';
export * from './faults.ts';
export * from './give-up.ts';
export {
  findFirstUse,
  type FirstUse,
  forgetExpiredKeys,
  forgetKey,
  type GuardedUse,
  guardKey,
  type IdempotencyKey,
  type TakenKey,
} from './idempotency.ts';
export * from './lanes.ts';
export * from './list-sweep.ts';
export * from './list.ts';
export type { LoggedEvent } from './logged-event.ts';
export * from './metrics.ts';
export * from './migrate.ts';
export * from './notifications.ts';
export * from './outbox.ts';
export * from './projection-check.ts';
export * from './projection.ts';
export * from './projection-repair.ts';
export * from './redrive.ts';
export * from './reschedule.ts';
export * from './schemas.ts';
export * from './status-log.ts';
export * from './stuck.ts';
export * from './templates.ts';
export * from './tickets.ts';
export * from './trace.ts';

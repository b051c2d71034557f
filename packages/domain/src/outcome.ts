/**
 * What became of one call to a provider, classified once, at the adapter. Everything after follows from it.
 *
 * - `accepted`: the provider took it (2xx).
 * - `rejected`: it will never take it (4xx); trying again is useless.
 * - `throttled`: it wants us slower (429); the attempt is not used.
 * - `unavailable`: it surely did not take it. `answered` tells a 5xx (true) from a call that never reached it.
 * - `unknown`: the request went out and no answer came back, so it may have been taken.
 */
export type Outcome =
  | { kind: 'accepted'; messageId: string | null }
  | { kind: 'rejected'; reason: string }
  | { kind: 'throttled'; reason: string; retryAfterMs: number | null }
  | { kind: 'unavailable'; reason: string; answered: boolean; retryAfterMs: number | null }
  | { kind: 'unknown'; reason: string };

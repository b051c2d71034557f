import { isTerminal, statusOf, versionOf } from '@fanfare/domain';
import type { Call, FaultRecord, Row } from './evidence.ts';
import { explain } from './explain.ts';
import { duplicatesOf, isAccepted, type Story } from './story.ts';

/** What must be true of every notification, whatever went wrong around it. */
export type Rule = {
  name: string;
  /** What is wrong, or null. */
  check: (story: Story, faults: readonly FaultRecord[]) => string | null;
};

export const RULES: readonly Rule[] = [
  { name: 'accepted and lost', check: lost },
  { name: 'refused and yet stored', check: refusedButStored },
  { name: 'stored and never asked for', check: unasked },
  { name: 'not ended', check: open },
  { name: 'ended without a reason', check: endedWithoutReason },
  { name: 'told otherwise to clients', check: shownOtherwise },
  { name: 'told otherwise by the topic', check: toldOtherwise },
  { name: 'trace unlike the topic', check: tracedOtherwise },
  { name: 'duplicate without a reason', check: duplicated },
  { name: 'sent twice though at most once', check: sentTwiceAtMostOnce },
  { name: 'sent and not said to be', check: sentInSilence },
  { name: 'called after a cancel', check: calledAfterCancel },
  { name: 'cancelled in vain', check: cancelledInVain },
  { name: 'more attempts than allowed', check: tooManyAttempts },
  { name: 'more calls than claims', check: moreCallsThanClaims },
  { name: 'sent before its time', check: early },
  { name: 'dead letter missing or wrong', check: wrongLetters },
];

function lost(story: Story): string | null {
  const { wanted, row } = story;
  if (wanted?.answer !== 'accepted' || row !== null || cameTooLate(story)) return null;
  return `${wanted.ref} has no row`;
}

/** By the time Kafka took the record it had expired, which makes it one of those that nobody can deliver. */
function cameTooLate({ wanted, letters }: Story): boolean {
  return wanted !== null && wanted.expiresAt !== null && letters.some(isInvalid);
}

function isInvalid({ reason }: { reason: string }): boolean {
  return reason === 'invalid';
}

function refusedButStored({ wanted, row }: Story): string | null {
  return wanted?.answer === 'refused' && row !== null ? `${wanted.ref} was refused` : null;
}

function unasked({ wanted, row }: Story): string | null {
  return wanted === null && row !== null ? `it came by ${row.correlation_id}` : null;
}

function open({ row }: Story): string | null {
  return row === null || isTerminal(row.state) ? null : `it is ${row.state}`;
}

/** Every end needs a witness. */
function endedWithoutReason({ row, calls, cancels }: Story): string | null {
  if (row === null) return null;
  const isGood: Partial<Record<Row['state'], () => boolean>> = {
    delivered: () => calls.some(isAccepted),
    failed: () => hasFailed(row, calls),
    cancelled: () => cancels.some(({ answer }) => answer !== 'too late'),
    expired: () => row.expires_at !== null,
  };
  if (isGood[row.state]?.() ?? true) return null;
  return `${row.state}${row.dead_letter_reason === null ? '' : ` because of ${row.dead_letter_reason}`}`;
}

function hasFailed(row: Row, calls: Story['calls']): boolean {
  const { dead_letter_reason: reason, attempt, max_attempts, delivery_mode, expires_at } = row;
  if (reason === 'rejected') return calls.some(({ answer }) => answer === 'rejected');
  if (reason === 'attempts_exhausted') return attempt >= max_attempts;
  return reason === 'unknown_outcome' && (delivery_mode === 'at_most_once' || expires_at !== null);
}

function shownOtherwise({ row }: Story): string | null {
  if (row === null) return null;
  const [status, version] = [statusOf(row.state), versionOf(row)];
  if (row.status === status && row.version === version) return null;
  return `clients read ${row.status} (${row.version}) of what is ${status} (${version})`;
}

function toldOtherwise({ row, events, contradicted }: Story): string | null {
  if (contradicted.length > 0) return `the topic says two things of version ${contradicted.join(', ')}`;
  const last = events.at(-1);
  if (row === null) return last === undefined ? null : `the topic says ${last.status} of what is not there`;
  const [status, version] = [statusOf(row.state), versionOf(row)];
  if (last?.status === status && last.version === version) return null;
  return `the topic ends with ${last?.status} (${last?.version}) of what is ${status} (${version})`;
}

function tracedOtherwise({ events, traced }: Story): string | null {
  const inTopic = events.map(({ version }) => version).join(' ');
  const inTrace = traced.toSorted((a, b) => a - b).join(' ');
  return inTopic === inTrace ? null : `topic: ${inTopic}; trace: ${inTrace}`;
}

function duplicated(story: Story, faults: readonly FaultRecord[]): string | null {
  const guilty = duplicatesOf(story).find(({ first, again }) => !explain(story, first, again.at, faults));
  return guilty === undefined
    ? null
    : `taken at ${timeOf(guilty.first.at)} and again at ${timeOf(guilty.again.at)}`;
}

/** Only what the provider has surely not taken may be tried again. */
function sentTwiceAtMostOnce({ row, calls }: Story): string | null {
  if (row?.delivery_mode !== 'at_most_once') return null;
  const before = calls.slice(0, -1).find(({ answer }) => answer !== 'throttled');
  return before === undefined ? null : `called again after a call was ${before.answer}`;
}

function sentInSilence(story: Story, faults: readonly FaultRecord[]): string | null {
  const { row, calls, events } = story;
  if (row === null || row.state === 'delivered') return null;
  const nextAfter = ({ at }: Call): number => events.find((event) => event.at > at)?.at ?? Infinity;
  const call = calls.find((one) => isAccepted(one) && !explain(story, one, nextAfter(one), faults));
  return call === undefined ? null : `taken at ${timeOf(call.at)}, and it is ${row.state}`;
}

function calledAfterCancel({ calls, cancels }: Story): string | null {
  const cancel = cancels.find(({ answer }) => answer === 'cancelled');
  const call = calls.find(({ at }) => cancel !== undefined && at > cancel.answeredAt);
  if (cancel === undefined || call === undefined) return null;
  return `cancelled at ${timeOf(cancel.answeredAt)}, called at ${timeOf(call.at)}`;
}

/** Only a call that was taken before, and of which nobody knew, may end what was cancelled as delivered. */
function cancelledInVain(story: Story): string | null {
  const { row, calls, cancels } = story;
  if (row === null || row.state === 'cancelled' || !cancels.some(({ answer }) => answer === 'cancelled'))
    return null;
  return row.state === 'delivered' && calls.some(isAccepted) ? null : `it is ${row.state}`;
}

function tooManyAttempts({ events, row }: Story): string | null {
  const worst = [...events, ...(row === null ? [] : [row])].find(
    ({ attempt, max_attempts }) => attempt > max_attempts,
  );
  return worst === undefined ? null : `attempt ${worst.attempt} of ${worst.max_attempts}`;
}

/** A claim makes one call at most, and each raises the fence. */
function moreCallsThanClaims({ row, calls }: Story): string | null {
  const claims = row?.fence ?? 0;
  return calls.length <= claims ? null : `${calls.length} calls, ${claims} claims`;
}

function early({ wanted, calls, events }: Story): string | null {
  const dueAt = wanted?.scheduledAt ?? -Infinity;
  const first = calls.find(({ at }) => at < dueAt);
  if (first !== undefined) return `called at ${timeOf(first.at)}, scheduled for ${timeOf(dueAt)}`;
  const waits = events.filter(({ status }) => status === 'retrying');
  for (const { at: since, next_retry_at: until } of waits) {
    const call = calls.find(({ at }) => at > since && at < (until ?? 0));
    if (call !== undefined) return `called at ${timeOf(call.at)}, to be retried at ${timeOf(until ?? 0)}`;
  }
  return null;
}

/** A letter for each failure and each conflict, and no other. A failure that a late answer mended keeps its letter. */
function wrongLetters(story: Story): string | null {
  const { row, letters, events } = story;
  const failed = events.filter(({ status }) => status === 'failed');
  const ofFailures = letters.filter(
    (letter) => !isConflict(letter) && !(isInvalid(letter) && cameTooLate(story)),
  );
  const silent = failed.find(({ cycle }) => !ofFailures.some((letter) => letter.cycle === cycle));
  if (silent !== undefined) return `failed in cycle ${silent.cycle} without a letter`;
  const stray = ofFailures.find((letter) => !failed.some(({ cycle }) => cycle === letter.cycle));
  if (stray !== undefined) return `a letter because of ${stray.reason}, and it never failed`;
  if (row?.state === 'failed' && !ofFailures.some(({ reason }) => reason === row.dead_letter_reason))
    return `failed because of ${row.dead_letter_reason}, the letters say ${reasonsOf(letters)}`;
  return wrongConflict(story);
}

function wrongConflict(story: Story): string | null {
  const conflict = story.wanted?.conflict ?? null;
  const hasLetter = story.letters.some(isConflict);
  // The other content may have come when the notification had expired, which is what its letter says then.
  if (conflict === 'both' && !hasLetter && !cameTooLate(story))
    return 'another content under its id left no letter';
  return conflict === null && hasLetter ? 'a letter of a conflict that nobody made' : null;
}

function isConflict({ reason }: { reason: string }): boolean {
  return reason === 'id_conflict';
}

function reasonsOf(letters: Story['letters']): string {
  return letters.map(({ reason }) => reason).join(', ') || 'none';
}

export function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(11, 23) : '–';
}

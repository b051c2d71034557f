import { DELIVERY_STATES, statusOf, versionOf } from '@fanfare/domain';

/** What clients read of the state `e`, by column of `notifications`. `n` is the row that shows it. */
const SHOWN = {
  status: 'e.status',
  version: 'e.version',
  attempts: 'e.attempt',
  failure_reason: 'e.reason',
  next_retry_at: 'e.next_retry_at',
  last_attempted_at: 'coalesce(e.started_at, n.last_attempted_at)',
  delivered_at: `CASE WHEN e.status = 'delivered' THEN e.at END`,
  failed_at: `CASE WHEN e.status = 'failed' THEN e.at END`,
  cancelled_at: `CASE WHEN e.status = 'cancelled' THEN e.at END`,
  provider: 'e.provider',
  provider_message_id: 'e.provider_message_id',
  updated_at: 'e.at',
};

/** A state is shown only over an older one. */
const IS_NEWER = 'n.version < e.version';

/**
 * The guarded update of what clients read. Its rows should be locked before, in id order.
 * @param source name of a relation of {@link stateColumns}
 * @param guard for whoever has judged the locked rows already
 */
export function showStates(source: string, guard = IS_NEWER): string {
  const assignments = Object.entries(SHOWN).map(([column, value]) => `${column} = ${value}`);
  return `
    UPDATE notifications n SET ${assignments.join(', ')}
    FROM ${source} e WHERE n.id = e.notification_id AND ${guard}`;
}

/** What the row `n` shows, and what it would if it showed `e`: columns with their SQL. */
export const SHOWN_NOW = Object.keys(SHOWN).map((column) => [column, `n.${column}`] as const);
export const SHOWN_BY_EVENT = Object.entries(SHOWN);

/** The state that rows of `deliveries` are in, as {@link showStates} takes it. `d` is the rows' alias. */
export function stateColumns(d: string): string {
  return `${d}.id AS notification_id, ${statusSql(d)} AS status, ${versionSql(d)} AS version, ${d}.attempt,
    ${d}.reason, CASE WHEN ${d}.state = 'retrying' THEN ${d}.due_at END AS next_retry_at, ${d}.started_at, ${d}.at,
    ${d}.provider, ${d}.provider_message_id`;
}

function statusSql(d: string): string {
  return `CASE ${d}.state ${DELIVERY_STATES.map((state) => `WHEN '${state}' THEN '${statusOf(state)}'`).join(' ')} END`;
}

/** `versionOf`, told to Postgres: for each state it is linear in cycle, and in fence up to a highest. */
function versionSql(d: string): string {
  const cases = DELIVERY_STATES.map((state) => {
    const base = versionOf({ state, cycle: 0, fence: 0 });
    const perCycle = versionOf({ state, cycle: 1, fence: 0 }) - base;
    const perFence = versionOf({ state, cycle: 0, fence: 1 }) - base;
    const fencesMax = versionOf({ state, cycle: 0, fence: Number.MAX_SAFE_INTEGER }) - base;
    return `WHEN '${state}' THEN ${base} + ${d}.cycle * ${perCycle} + least(${d}.fence * ${perFence}, ${fencesMax})`;
  });
  return `CASE ${d}.state ${cases.join(' ')} END`;
}

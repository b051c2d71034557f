/** Answers that no broker of this cluster will give otherwise tomorrow. */
const REFUSALS =
  /AUTHORIZATION_FAILED|AUTHENTICATION_FAILED|INVALID_SESSION_TIMEOUT|INVALID_GROUP_ID|INCONSISTENT_GROUP_PROTOCOL|UNSUPPORTED/;
const BUGS = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/**
 * Whether a consumer that kafkajs has given up for good must not be started again. kafkajs gives up on outages too,
 * such as a coordinator that is not found while the only broker restarts; those pass. A bug, here or there, and a
 * refusal do not.
 */
export function isForGood(error: Error): boolean {
  if (BUGS.has(error.name)) return true;
  if ('type' in error && typeof error.type === 'string' && REFUSALS.test(error.type)) return true;
  return error.cause instanceof Error && isForGood(error.cause);
}

import { ConfigError } from '@fanfare/runtime';

/** What a person can mend: its message alone is shown, one to three lines that end in what to do; never a stack. */
export class UserError extends Error {
  override name = 'UserError';
}

/** What to print of whatever a program failed with: a stack only where the fault is ours. */
export function describeFailure(error: unknown): string {
  if (error instanceof UserError || error instanceof ConfigError || isFromSystem(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A refused connection or a full disk: the message names the address or the file, the stack only Node's insides. */
function isFromSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

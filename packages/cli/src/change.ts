import { ApiError } from './ask.ts';
import {
  type CommandDeps,
  DONE_CODE,
  FAILED_CODE,
  type Given,
  INTERRUPTED_CODE,
  UsageError,
} from './command.ts';
import type { Filter } from './dlq-filter.ts';
import { count } from './progress.ts';

/** Whether a change may be made: told so by --yes, else by whoever sits at the terminal. */
export async function approved(
  { terminal }: CommandDeps,
  { flags }: Given,
  question: string,
): Promise<boolean> {
  if (flags.has('yes')) return true;
  if (!terminal.canAsk)
    throw new UsageError('It asks before it changes anything, and nobody is there: add --yes.');
  const isApproved = await terminal.confirm(question);
  if (!isApproved) terminal.tell('Nothing was changed.');
  return isApproved;
}

/** The filter without what becomes a dead letter after `asOf`: redriven ones that fail again, and what was not counted. */
export function bounded(filter: Filter, asOf: string): Filter {
  const isEarlier = filter.before !== undefined && Date.parse(filter.before) <= Date.parse(asOf);
  return isEarlier ? filter : { ...filter, before: asOf };
}

/** Of a change that goes on in several calls. */
export function exitCode({ signal }: CommandDeps, remaining: number): number {
  if (remaining === 0) return DONE_CODE;
  return signal.aborted ? INTERRUPTED_CODE : FAILED_CODE;
}

/** Changes some by id. What is refused is told, and the others go on. `verb` says what was done: redriven. */
export async function oneByOne(
  deps: CommandDeps,
  { operands, flags }: Given,
  verb: string,
  change: (id: string) => Promise<unknown>,
): Promise<number> {
  const { terminal, signal } = deps;
  let changed = 0;
  for (const id of operands) {
    if (signal.aborted) break;
    const refused = await change(id).then(() => null, refusal);
    if (refused === null) changed += 1;
    else terminal.tell(`${id}: ${refused.message}`);
  }
  terminal.print(flags.has('json') ? JSON.stringify({ [verb]: changed }) : `${count(changed)} ${verb}.`);
  return exitCode(deps, operands.length - changed);
}

/** That one is unknown, or cannot be redriven, says nothing of the next. */
function refusal(error: unknown): ApiError {
  if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return error;
  throw error;
}

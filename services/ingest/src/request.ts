import { type AddFault, check, fromQuery, type Rule, type Shaped, type ShapeName } from '@fanfare/contracts';
import { parseRfc3339 } from '@fanfare/domain';
import { invalid } from './problem.ts';

/**
 * A body that is as schemas/openapi.yaml and a further rule want it.
 * @throws ProblemError with every fault at once
 */
export function readBody<N extends ShapeName>(name: N, body: unknown, rule?: Rule<Shaped<N>>): Shaped<N> {
  const checked = check(name, body, rule);
  if (!checked.ok) throw invalid(checked.faults);
  return checked.given;
}

/** @throws ProblemError with every fault at once */
export function readQuery<N extends ShapeName>(name: N, query: unknown, rule?: Rule<Shaped<N>>): Shaped<N> {
  return readBody(name, fromQuery(name, query), rule);
}

/** A span of time is one of days that exist, and not empty. */
export function applySpanRule<After extends string, Before extends string>(
  [after, before]: [After, Before],
  given: { [Field in After | Before]?: string | null },
  fault: AddFault,
): void {
  const [from, to] = [timeOf(given[after]), timeOf(given[before])];
  if (isText(given[after]) && from === null) fault(after);
  if (isText(given[before]) && to === null) fault(before);
  if (from !== null && to !== null && from >= to) fault(before, `must lie after \`${after}\``);
}

export function timeOf(text: string | null | undefined): number | null {
  return isText(text) ? parseRfc3339(text) : null;
}

/** One line of printable code points. */
const LINE = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;

/** Absent is right. */
export function isLine(text: string | null | undefined): boolean {
  return !isText(text) || (LINE.test(text) && text.trim() !== '');
}

function isText(text: string | null | undefined): text is string {
  return typeof text === 'string';
}

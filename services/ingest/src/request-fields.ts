import { type Fault, isRecord, type ProblemType } from '@fanfare/domain';
import { invalid } from './problem.ts';

/** A request of nothing but unknown fields must not be answered with ten times its size. */
const UNKNOWN_FIELDS_TOLD_MAX = 100;

/** The fields of a request, and which of them it may have. */
export type Input = { given: Record<string, unknown>; asked: Set<string> };
export type AddFault = (field: string, message: string, type?: ProblemType) => void;

/**
 * Parses a body or a query. What was never asked for is no field of this request.
 * @throws ProblemError with every fault at once
 */
export function read<T>(value: unknown, parse: (source: { input: Input; fault: AddFault }) => T): T {
  const faults: Fault[] = [];
  const fault: AddFault = (field, message, type = 'invalid-request') => faults.push({ field, message, type });
  if (!isRecord(value)) throw invalid([{ field: '', message: 'must be an object', type: 'invalid-request' }]);
  const input = { given: value, asked: new Set<string>() };
  const request = parse({ input, fault });
  const unknown = Object.keys(value).filter((name) => !input.asked.has(name));
  for (const name of unknown.slice(0, UNKNOWN_FIELDS_TOLD_MAX)) fault(name, 'is not a field of this request');
  if (faults.length > 0) throw invalid(faults);
  return request;
}

/** Absent and null are the same. */
export function valueOf({ given, asked }: Input, name: string): unknown {
  asked.add(name);
  return Object.hasOwn(given, name) ? (given[name] ?? undefined) : undefined;
}

export function oneOf<T extends string>(
  known: readonly T[],
  input: Input,
  field: string,
  fault: AddFault,
  type: ProblemType = 'invalid-request',
): T | null {
  const value = valueOf(input, field);
  const found = known.find((name) => name === value);
  if (found === undefined && value !== undefined) fault(field, `must be one of ${known.join(', ')}`, type);
  return found ?? null;
}

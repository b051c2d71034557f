import { shapes } from './generated/shapes.js';
import type { FieldError } from './http.ts';

/** What a fault of a field makes of the request it is in. */
export type FieldProblem =
  'invalid-request' | 'invalid-channel' | 'invalid-recipient' | 'invalid-content' | 'invalid-template';
export type FieldFault = FieldError & { type: FieldProblem };

type Field = {
  /** Compiled by ajv from the field's schema. */
  is: (value: unknown) => boolean;
  must: string;
  type: FieldProblem;
  /** In a query, where a number is text. */
  isNumber?: boolean;
  default?: unknown;
};

/** An object that clients send, as schemas/openapi.yaml has it: a body, or a query. */
export type Shape<T> = { required: readonly string[]; fields: Record<string, Field>; of?: T };
export type ShapeName = keyof typeof shapes;
export type Shaped<N extends ShapeName> = NonNullable<(typeof shapes)[N]['of']>;

/** Adds a fault that no schema says. Without a message it is what the schema says that the field must be. */
export type AddFault = (field: string, message?: string) => void;
/** A further rule, for the fields that have the right shape; what it says of the others is not heard. */
export type Rule<T> = (given: Partial<T>, fault: AddFault) => void;
export type Checked<T> = { ok: true; given: T } | { ok: false; given: Partial<T>; faults: FieldFault[] };

/** A body of nothing but unknown fields must not be answered with ten times its size. */
const UNKNOWN_FIELDS_TOLD_MAX = 100;

const NO_OBJECT: FieldFault = { field: '', message: 'must be an object', type: 'invalid-request' };

/**
 * Holds an object to its shape and to a further rule, and says everything that is wrong with it at once. Field by field
 * with one fault for each, so that no body costs more than its size.
 */
export function check<N extends ShapeName>(
  name: N,
  input: unknown,
  rule: Rule<Shaped<N>> = () => {},
): Checked<Shaped<N>> {
  const { required, fields } = shapes[name];
  if (!isObject(input)) return { ok: false, given: {}, faults: [NO_OBJECT] };
  const faults = faultsOf(input, fields, required);
  const told = new Set(faults.map(({ field }) => field));
  const given: unknown = told.size === 0 ? input : without(told, input);
  assertPart<Shaped<N>>(given);
  rule(given, (field, message) => {
    if (!told.has(field)) faults.push(faultOf(fields, field, message));
  });
  return isRight<Shaped<N>>(given, faults)
    ? { ok: true, given }
    : { ok: false, given, faults: inOrder(faults, Object.keys(fields)) };
}

/** The names of the fields that a shape has. */
export function fieldsOf(name: ShapeName): string[] {
  return Object.keys(shapes[name].fields);
}

/** A query with its numbers read, and the defaults of what it leaves out. */
export function fromQuery(name: ShapeName, query: unknown): unknown {
  if (!isObject(query)) return query;
  const { fields } = shapes[name];
  const given = Object.entries(query).map(([key, text]) => {
    const isNumber = fields[key]?.isNumber === true && typeof text === 'string' && /^\d{1,9}$/.test(text);
    return [key, isNumber ? Number(text) : text];
  });
  const defaults = Object.entries(fields).filter(([, field]) => field.default !== undefined);
  return Object.fromEntries([...defaults.map(([key, field]) => [key, field.default]), ...given]);
}

type Input = Record<string, unknown>;
type Fields = Shape<unknown>['fields'];

function isObject(input: unknown): input is Input {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function faultsOf(input: Input, fields: Fields, required: readonly string[]): FieldFault[] {
  const faults: FieldFault[] = [];
  let unknown = 0;
  for (const key of Object.keys(input)) {
    const field = fields[key];
    if (field === undefined) {
      unknown += 1;
      if (unknown <= UNKNOWN_FIELDS_TOLD_MAX) faults.push(faultOf(fields, key));
    } else if (!field.is(input[key])) faults.push(faultOf(fields, key));
  }
  for (const key of required) if (!Object.hasOwn(input, key)) faults.push(faultOf(fields, key));
  return faults;
}

function faultOf(fields: Fields, field: string, message?: string): FieldFault {
  const { must = 'is not a field of this request', type = 'invalid-request' } = fields[field] ?? {};
  return { field, message: message ?? must, type };
}

/** Of the schema, what it does not have last: of several kinds of fault the first names the answer. */
function inOrder(faults: FieldFault[], order: string[]): FieldFault[] {
  const places = new Map(order.map((field, place) => [field, place]));
  const placeOf = ({ field }: FieldFault): number => places.get(field) ?? order.length;
  return faults.toSorted((one, other) => placeOf(one) - placeOf(other));
}

function without(told: Set<string>, input: Input): Input {
  return Object.fromEntries(Object.entries(input).filter(([key]) => !told.has(key)));
}

/** What passed is what the type says, which is made of the same schema. */
function assertPart<T>(_given: unknown): asserts _given is Partial<T> {}

function isRight<T>(given: Partial<T>, faults: FieldFault[]): given is T {
  return given !== null && faults.length === 0;
}

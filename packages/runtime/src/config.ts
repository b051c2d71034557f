import { z } from 'zod';

export { z } from 'zod';

/** A setting of a service: every key is the name of an environment variable. */
export type ConfigSchema = z.ZodObject;

/** The settings as they are in force; nothing in them can be changed any more. */
export type Config<S extends ConfigSchema> = Frozen<z.infer<S>>;

type Frozen<T> = T extends readonly (infer M)[]
  ? readonly Frozen<M>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with the settings, one line a fault: `HTTP_PORT: must be a port, 0-65535, got "x"`. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads a service's settings from the environment. An unset variable and an empty one are the same: the default.
 *
 * @throws ConfigError with every fault at once.
 */
export function loadConfig<S extends ConfigSchema>(schema: S, env: Environment = process.env): Config<S> {
  const given = givenIn(schema, env);
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new ConfigError(faultsOf(schema, given, parsed.error.issues));
  const config = deepFreeze(parsed.data);
  secretsOf.set(config, secretKeys(schema));
  return config;
}

/** The settings in a form that may be printed: secrets are hidden, and so are passwords inside URLs. */
export function describeConfig(config: object): Record<string, unknown> {
  const secrets = secretsOf.get(config) ?? new Set<string>();
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, secrets.has(key) ? HIDDEN : printable(value)]),
  );
}

/** The manual of a service's settings, one line each: name, default, meaning. */
export function explainConfig(schema: ConfigSchema): string {
  const defaults = describeConfig(defaultsOf(schema));
  const lines = Object.entries(schema.shape).map(([name, setting]) => {
    const preset = name in defaults ? shown(defaults[name]) : 'required';
    return `${name} [${preset}]\n    ${metaOf(setting).description ?? ''}`;
  });
  return lines.join('\n');
}

const HIDDEN = '***';
/** Which settings of a loaded configuration are secret; kept outside of it, so that it stays plain data. */
const secretsOf = new WeakMap<object, ReadonlySet<string>>();

function givenIn(schema: ConfigSchema, env: Environment): Record<string, string> {
  const names = Object.keys(schema.shape);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

function faultsOf(schema: ConfigSchema, given: Record<string, string>, issues: z.core.$ZodIssue[]): string[] {
  const secrets = secretKeys(schema);
  return issues.map((issue) => {
    const name = String(issue.path[0] ?? '');
    const value = given[name];
    if (name === '') return issue.message;
    if (value === undefined) return `${name}: ${issue.code === 'custom' ? issue.message : 'must be set'}`;
    return `${name}: ${issue.message}, got ${secrets.has(name) ? HIDDEN : `"${withoutPassword(value)}"`}`;
  });
}

type Meta = { description?: string | undefined; secret?: boolean | undefined };

function secretKeys(schema: ConfigSchema): Set<string> {
  const entries = Object.entries(schema.shape).filter(([, setting]) => metaOf(setting).secret === true);
  return new Set(entries.map(([key]) => key));
}

/** A mark set before `.default(...)` stays on the inner schema, so all layers are looked through. */
function metaOf(setting: z.core.$ZodType): Meta {
  const inner =
    setting instanceof z.ZodDefault || setting instanceof z.ZodOptional ? setting.def.innerType : null;
  return { ...(inner === null ? {} : metaOf(inner)), ...z.globalRegistry.get(setting) };
}

function defaultsOf(schema: ConfigSchema): object {
  const entries = Object.entries(schema.shape).map(
    ([name, setting]) => [name, z.safeParse(setting, undefined)] as const,
  );
  const defaults = Object.fromEntries(
    entries.flatMap(([name, result]) => (result.success ? [[name, result.data]] : [])),
  );
  secretsOf.set(defaults, secretKeys(schema));
  return defaults;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'unset');
}

function printable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(printable);
  return typeof value === 'string' ? withoutPassword(value) : value;
}

function withoutPassword(value: string): string {
  return value
    .replace(/(:\/\/[^:@/\s]*):[^/\s]*@/g, `$1:${HIDDEN}@`)
    .replace(/([?&][^=&\s]*(?:pass|secret|token|key)[^=&\s]*)=[^&\s]*/gi, `$1=${HIDDEN}`);
}

function deepFreeze<T>(value: T): Frozen<T>;
function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

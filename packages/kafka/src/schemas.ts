import { RegistryAway, type Registry } from './registry.ts';

export type StoredSchema = { id: number; schema: string };

/** Schemas kept outside this process, for when the registry is away. */
export type SchemaCache = {
  load(): Promise<StoredSchema[]>;
  save(id: number, schema: string): Promise<void>;
};

/** Schemas by id, and ids by schema: from the registry, and from the cache when the registry does not say. */
export type Schemas = {
  /** Null: there is no such schema. Throws RegistryAway. */
  schemaOf(id: number): Promise<string | null>;
  /** Throws RegistryAway, or Error when the registry does not know the schema. */
  idOf(subject: string, schema: string): Promise<number>;
};

export function createSchemas(deps: { registry: Registry; cache: SchemaCache | null }): Schemas {
  const { registry, cache } = deps;

  /** The cache lives in a database, which may be away as well. */
  async function stored(): Promise<StoredSchema[]> {
    return (await cache?.load().catch(() => [])) ?? [];
  }

  async function keep(id: number, schema: string): Promise<void> {
    await cache?.save(id, schema).catch(() => undefined);
  }

  async function schemaOf(id: number): Promise<string | null> {
    const known = await orAway(registry.schemaOf(id));
    if (typeof known === 'string') {
      await keep(id, known);
      return known;
    }
    // Also when the registry has lost what it once knew.
    const kept = (await stored()).find((schema) => schema.id === id);
    if (kept === undefined && known !== null) throw known;
    return kept?.schema ?? null;
  }

  async function idOf(subject: string, schema: string): Promise<number> {
    const known = await orAway(registry.idOf(subject, schema));
    if (typeof known === 'number') {
      await keep(known, schema);
      return known;
    }
    if (known === null)
      throw new Error(`the schema registry does not know ${subject} as it is here: register it`);
    const kept = (await stored()).find((other) => isSameJson(other.schema, schema));
    if (kept === undefined) throw known;
    return kept.id;
  }

  return { schemaOf, idOf };
}

/** The registry's absence as a value. */
async function orAway<T>(answer: Promise<T>): Promise<T | RegistryAway> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RegistryAway) return error;
    throw error;
  }
}

function isSameJson(one: string, other: string): boolean {
  return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
}

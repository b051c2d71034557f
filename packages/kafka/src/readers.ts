import type { Codec } from '@fanfare/contracts';
import avro, { type Type } from 'avsc';
import type { Schemas } from './schemas.ts';
import type { Resolver } from './wire-format.ts';

/** How values of one writer's schema become ours, or why they never do. */
export type Reader = { resolver: Resolver } | { refusal: string; expiresAt: number };

/** Ids come from other people's records: more different ones than this are noise, and forgotten together. */
const READERS_MAX = 1_000;
/** An id that nobody knows may be registered yet. Until asked again, its records go one way at full speed. */
const UNKNOWN_KEPT_MS = 60_000;
/** A registry that hangs is not waited for by every record anew. */
const AWAY_KEPT_MS = 1_000;

/**
 * The reader of each writer's schema id, made at first sight and kept: making one costs 300 us, using it 1 us.
 * A promise only while the schema has to be fetched; it rejects with RegistryAway.
 */
export function createReaders<T>(
  codec: Codec<T>,
  schemas: Schemas,
): (writerId: number) => Reader | Promise<Reader> {
  const known = new Map<number, Reader>();
  const asked = new Map<number, Promise<Reader>>();

  async function ask(writerId: number): Promise<Reader> {
    const schema = await schemas.schemaOf(writerId);
    const reader = schema === null ? unknownId(writerId) : compile(codec, writerId, schema);
    if (known.size >= READERS_MAX) known.clear();
    known.set(writerId, reader);
    return reader;
  }

  function askOnce(writerId: number): Promise<Reader> {
    const asking = ask(writerId);
    const forget = (): void => void asked.delete(writerId);
    asking.then(forget, () => setTimeout(forget, AWAY_KEPT_MS).unref());
    asked.set(writerId, asking);
    return asking;
  }

  return (writerId) => {
    const reader = known.get(writerId);
    if (reader !== undefined && !isExpired(reader)) return reader;
    return asked.get(writerId) ?? askOnce(writerId);
  };
}

function compile<T>(codec: Codec<T>, writerId: number, schema: string): Reader {
  if (schema === codec.schema) return { resolver: null };
  try {
    const writer: Type = avro.Type.forSchema(JSON.parse(schema));
    return { resolver: codec.type.createResolver(writer) };
  } catch {
    return { refusal: `schema ${writerId} cannot be read as ${codec.subject}`, expiresAt: Infinity };
  }
}

function unknownId(writerId: number): Reader {
  return { refusal: `unknown schema id ${writerId}`, expiresAt: performance.now() + UNKNOWN_KEPT_MS };
}

function isExpired(reader: Reader): boolean {
  return 'refusal' in reader && reader.expiresAt < performance.now();
}

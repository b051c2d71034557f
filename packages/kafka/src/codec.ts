import type { Codec } from '@fanfare/contracts';
import { createReaders, type Reader } from './readers.ts';
import { connectRegistry } from './registry.ts';
import { createSchemas, type SchemaCache } from './schemas.ts';
import { readAvro, readJson, Undecodable, writeAvro, writerIdOf } from './wire-format.ts';

/** A record's value, by what its first byte says. */
export type Decoded<T> = { format: 'avro'; value: T } | { format: 'json'; value: unknown };

export type Serde = {
  /**
   * Values of a record type in the Confluent wire format. Its schema's id is asked for here, once.
   *
   * @throws RegistryAway when neither the registry nor the cache says the id.
   */
  encoder<T>(codec: Codec<T>): Promise<(value: T) => Buffer>;
  /**
   * Synchronous for every writer's schema seen before, a promise for the first record of a new one.
   *
   * @throws Undecodable (or rejects with it) when these bytes will never be readable.
   * @throws RegistryAway (rejects with it) when the writer's schema cannot be had now: ask again later.
   */
  decode<T>(codec: Codec<T>, bytes: Buffer | null): Decoded<T> | Promise<Decoded<T>>;
};

/** @param options.registryUrl a Confluent-compatible API, such as `http://127.0.0.1:28081/apis/ccompat/v7` */
export function createSerde(options: { registryUrl: string; cache?: SchemaCache }): Serde {
  const registry = connectRegistry(options.registryUrl);
  const schemas = createSchemas({ registry, cache: options.cache ?? null });
  const readers = new Map<string, ReturnType<typeof createReaders>>();

  async function encoder<T>(codec: Codec<T>): Promise<(value: T) => Buffer> {
    const id = await schemas.idOf(codec.subject, codec.schema);
    return (value) => writeAvro(codec, id, value);
  }

  function readerOf<T>(codec: Codec<T>, writerId: number): Reader | Promise<Reader> {
    const ofCodec = readers.get(codec.schema) ?? createReaders(codec, schemas);
    readers.set(codec.schema, ofCodec);
    return ofCodec(writerId);
  }

  function decode<T>(codec: Codec<T>, bytes: Buffer | null): Decoded<T> | Promise<Decoded<T>> {
    if (bytes === null) throw new Undecodable('the record has no value');
    const writerId = writerIdOf(bytes);
    if (writerId === null) return { format: 'json', value: readJson(bytes) };
    const reader = readerOf(codec, writerId);
    const read = (found: Reader): Decoded<T> => ({ format: 'avro', value: readWith(found, codec, bytes) });
    return reader instanceof Promise ? reader.then(read) : read(reader);
  }

  return { encoder, decode };
}

function readWith<T>(reader: Reader, codec: Codec<T>, bytes: Buffer): T {
  if ('refusal' in reader) throw new Undecodable(reader.refusal);
  return readAvro(codec, reader.resolver, bytes);
}

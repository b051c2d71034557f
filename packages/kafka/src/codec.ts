import type { Codec } from '@fanfare/contracts';

/** A record's value, by what its first byte says. */
export type Decoded<T> = { format: 'avro'; value: T } | { format: 'json'; value: unknown };

export type Serde = {
  /**
   * The Confluent wire format of a record type, its schema's id asked for once.
   *
   * @throws RegistryAway when neither the registry nor the cache knows the id.
   */
  encoder<T>(codec: Codec<T>): Promise<(value: T) => Buffer>;
  /**
   * Synchronous for every schema id seen before, a promise for the first record of a new one.
   *
   * @throws Undecodable (or rejects with it) when these bytes will never be readable.
   * @throws RegistryAway (rejects with it) when the writer's schema cannot be had now: ask again later.
   */
  decode<T>(codec: Codec<T>, bytes: Buffer | null): Decoded<T> | Promise<Decoded<T>>;
};

export class Undecodable extends Error {
  readonly code = 'undecodable';
  override readonly name = 'Undecodable';
}

export class RegistryAway extends Error {
  readonly code = 'registry_away';
  override readonly name = 'RegistryAway';
}

export type StoredSchema = { id: number; schema: string };

/** Schemas kept outside this process, for when the registry is away. */
export type SchemaCache = {
  load(): Promise<StoredSchema[]>;
  save(id: number, schema: string): Promise<void>;
};

/** @param options.registryUrl a Confluent-compatible API, such as `http://127.0.0.1:28081/apis/ccompat/v7` */
export function createSerde(options: { registryUrl: string; cache?: SchemaCache }): Serde {
  throw new Error(`not built yet: ${options.registryUrl}`);
}

import type { Codec } from '@fanfare/contracts';
import type { Type } from 'avsc';

/** Bytes that nobody will ever be able to read. The message says why, and quotes none of them. */
export class Undecodable extends Error {
  readonly code = 'undecodable';
  override readonly name = 'Undecodable';
}

/** How values of one writer's schema are read into ours; null when both are the same. */
export type Resolver = ReturnType<Type['createResolver']> | null;

const MAGIC_BYTE = 0;
/** Magic byte and schema id. */
const PREFIX_BYTES = 5;

/** The Confluent wire format: magic byte, the id of the writer's schema in 4 bytes, Avro binary. */
export function writeAvro<T>(codec: Codec<T>, id: number, value: T): Buffer {
  const avro = codec.encode(value);
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + avro.length);
  bytes[0] = MAGIC_BYTE;
  bytes.writeUInt32BE(id, 1);
  avro.copy(bytes, PREFIX_BYTES);
  return bytes;
}

/** The id of the writer's schema, or null for bytes that hold a JSON object. */
export function writerIdOf(bytes: Buffer): number | null {
  if (bytes.length === 0) throw new Undecodable('the value is empty');
  if (bytes[0] !== MAGIC_BYTE) {
    if (isJsonObject(bytes)) return null;
    throw new Undecodable('unknown magic byte: neither Avro with a schema id nor a JSON object');
  }
  if (bytes.length < PREFIX_BYTES) throw new Undecodable('too short for a schema id');
  return bytes.readUInt32BE(1);
}

export function readAvro<T>(codec: Codec<T>, resolver: Resolver, bytes: Buffer): T {
  const { value, offset } = decodeAvro(codec, resolver, bytes);
  if (offset < 0) throw new Undecodable('the Avro value is cut off');
  if (offset < bytes.length) throw new Undecodable('bytes follow the Avro value');
  return value;
}

function decodeAvro<T>(
  codec: Codec<T>,
  resolver: Resolver,
  bytes: Buffer,
): ReturnType<typeof codec.type.decode> {
  try {
    return codec.type.decode(bytes, PREFIX_BYTES, resolver ?? undefined);
  } catch (error) {
    throw new Undecodable('the value does not fit its schema', { cause: error });
  }
}

const BOM = [0xef, 0xbb, 0xbf];
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
const OPENING_BRACE = 0x7b;

function isJsonObject(bytes: Buffer): boolean {
  const start = BOM.every((byte, index) => bytes[index] === byte) ? BOM.length : 0;
  const first = bytes.subarray(start).find((byte) => !SPACES.has(byte));
  return first === OPENING_BRACE;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function readJson(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return value;
  } catch {
    // The engine's own message quotes the text.
    throw new Undecodable('JSON that does not parse');
  }
}

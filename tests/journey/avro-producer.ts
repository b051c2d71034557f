import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './program.ts';
import type { Python } from './python.ts';

export type AvroRecord = {
  topic: string;
  key: string;
  /** A Notification as Avro sees it: objects as JSON text, times in epoch milliseconds; defaults may be left out. */
  value: Record<string, unknown>;
  headers?: Record<string, string>;
};

export type AvroProducer = {
  python: Python;
  brokers: string;
  registryUrl: string;
  /** The producer's own copy of the schema; its age and form are its own business. */
  schemaFile?: string;
  /** The subject that Confluent's serializer registers the schema under. */
  strategy: 'record' | 'topic' | 'topic-record';
};

export type Stored = { topic: string; partition: number; offset: number; schema_id: number };

const NOTIFICATION_SCHEMA = join(import.meta.dirname, '..', '..', 'schemas', 'notification.avsc');
const PROGRAM = join(import.meta.dirname, 'avro-producer.py');

/** Writes records with Confluent's Python client and Avro serializer. */
export async function produceAvro(producer: AvroProducer, records: readonly AvroRecord[]): Promise<Stored[]> {
  const { python, brokers, registryUrl, schemaFile = NOTIFICATION_SCHEMA, strategy } = producer;
  const input = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  // Warnings of its packages about each other would hide what matters.
  const args = ['-W', 'ignore', PROGRAM, brokers, registryUrl, schemaFile, strategy];
  const output = await mustRun(python.command, args, { input, env: python.env });
  return output
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Stored);
}

export type SchemaField = { name: string; type: unknown; default?: unknown };

/** A producer's own copy of our schema, from another time. */
export async function withSchema<T>(
  change: (fields: SchemaField[]) => SchemaField[],
  use: (schemaFile: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'fanfare-schema-'));
  try {
    const schema = JSON.parse(await readFile(NOTIFICATION_SCHEMA, 'utf8')) as { fields: SchemaField[] };
    await writeFile(join(dir, 'schema.avsc'), JSON.stringify({ ...schema, fields: change(schema.fields) }));
    return await use(join(dir, 'schema.avsc'));
  } finally {
    await rm(dir, { recursive: true });
  }
}

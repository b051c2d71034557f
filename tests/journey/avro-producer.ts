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

export const NOTIFICATION_SCHEMA = join(import.meta.dirname, '..', '..', 'schemas', 'notification.avsc');
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

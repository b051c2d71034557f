import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, requireProgram } from './program.ts';

/** A record as kcat reads it. */
export type KcatRecord = {
  partition: number;
  offset: number;
  /** When the broker appended it, in epoch milliseconds. */
  timestampMs: number;
  key: Buffer | null;
  /** Null for a record without a value. */
  value: Buffer | null;
  headers: Record<string, string | undefined>;
};

export type KcatMessage = {
  topic: string;
  key: string;
  /** Any bytes; null for a record without a value. */
  value: string | Buffer | null;
  headers?: Record<string, string>;
  /** Kafka's choice by the key, unless given. */
  partition?: number;
  /** What a broker takes is what is left after this. */
  compression?: 'gzip';
};

/** kcat's own limit is for what is not compressed yet. */
const COMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

/** Writes one record with kcat, whatever bytes its value has. */
export async function kcatProduce(brokers: string, message: KcatMessage): Promise<void> {
  const { topic, key, value, headers = {}, partition, compression } = message;
  const args = [
    '-P',
    '-b',
    brokers,
    '-t',
    topic,
    ...(partition === undefined ? [] : ['-p', String(partition)]),
    ...(compression === undefined
      ? []
      : ['-z', compression, '-X', `message.max.bytes=${COMPRESSED_BYTES_MAX}`]),
    ...Object.entries(headers).flatMap(([name, text]) => ['-H', `${name}=${text}`]),
  ];
  if (value !== null && value.length > 0)
    // A file is one record whatever is in it, where standard input would be one a line.
    await withFile(value, (file) => mustRun('kcat', [...args, '-k', key, file]));
  // kcat sends no empty file; with -Z what comes after a key's tab, nothing, is no value at all.
  else
    await mustRun('kcat', [...args, '-K', '\t', ...(value === null ? ['-Z'] : [])], { input: `${key}\t\n` });
}

/** Writes many records as `key TAB value` lines; JSON has no line end of its own. */
export async function kcatProduceLines(
  brokers: string,
  topic: string,
  records: readonly { key: string; json: unknown }[],
): Promise<void> {
  const input = records.map(({ key, json }) => `${key}\t${JSON.stringify(json)}\n`).join('');
  await mustRun('kcat', ['-P', '-b', brokers, '-t', topic, '-K', '\t'], { input });
}

export type Slice = { partition: number; offset: number };

/** Everything a topic holds at this moment, or the one record at a place in it. */
export async function kcatConsume(brokers: string, topic: string, at?: Slice): Promise<KcatRecord[]> {
  const range =
    at === undefined
      ? ['-o', 'beginning', '-e']
      : ['-p', String(at.partition), '-o', String(at.offset), '-c', '1'];
  const output = await mustRun('kcat', ['-C', '-q', '-b', brokers, '-t', topic, ...range, '-f', FORMAT]);
  return parseRecords(output);
}

export function requireKcat(): Promise<void> {
  return requireProgram('kcat', ['-V'], 'install it with: apt-get install -y --no-install-recommends kcat');
}

async function withFile<T>(content: string | Buffer, use: (file: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'fanfare-kcat-'));
  try {
    const file = join(dir, 'value');
    await writeFile(file, content);
    return await use(file);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Partition, offset, timestamp, length of key and value, the bytes of both, then the headers up to an end mark. */
const END_OF_HEADERS = '\u001E';
const FORMAT = '%p %o %T %K %S %k%s%h\\x1e';

function parseRecords(output: Buffer): KcatRecord[] {
  const records: KcatRecord[] = [];
  for (let at = 0; at < output.length;) {
    const lead = /^(\d+) (\d+) (\d+) (-?\d+) (-?\d+) /.exec(output.subarray(at, at + 80).toString('latin1'));
    if (lead === null)
      throw new Error(`kcat wrote something else: ${output.subarray(at, at + 80).toString()}`);
    const [partition = 0, offset = 0, timestampMs = 0, keyLength = 0, valueLength = 0] = lead
      .slice(1)
      .map(Number);
    const keyAt = at + lead[0].length;
    const valueAt = keyAt + Math.max(0, keyLength);
    const headersAt = valueAt + Math.max(0, valueLength);
    const end = output.indexOf(END_OF_HEADERS, headersAt);
    records.push({
      partition,
      offset,
      timestampMs,
      key: keyLength < 0 ? null : output.subarray(keyAt, valueAt),
      value: valueLength < 0 ? null : output.subarray(valueAt, headersAt),
      headers: parseHeaders(output.subarray(headersAt, end).toString()),
    });
    at = end + 1;
  }
  return records;
}

/** `name=value,name=value`; a comma inside a value is none that a name and an equals sign follow. */
function parseHeaders(text: string): KcatRecord['headers'] {
  const pairs = text.split(/,(?=[\w.-]+=)/).filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

import type { OutgoingRecord } from './publish.ts';

/**
 * The broker takes a batch of 1 048 588 bytes per partition and kafkajs never splits one. All records of a request
 * together stay below this, so none of its batches can exceed it, wherever its records go. The rest is room for the
 * batch's own framing.
 */
const REQUEST_BYTES_MAX = 900_000;

/** Records that go to Kafka in one request, and about how large it is. */
export type PublishRequest = { records: OutgoingRecord[]; bytes: number };

/** Records in order, in as few requests as the size allows; a record that is larger by itself goes alone. */
export function splitBySize(records: readonly OutgoingRecord[]): PublishRequest[] {
  const requests: PublishRequest[] = [];
  let last: PublishRequest | null = null;
  for (const record of records) {
    const bytes = sizeOf(record);
    if (last === null || last.bytes + bytes > REQUEST_BYTES_MAX) {
      last = { records: [], bytes: 0 };
      requests.push(last);
    }
    last.records.push(record);
    last.bytes += bytes;
  }
  return requests;
}

/** At most what the record takes in a batch: its lengths, attributes and deltas are 21 bytes, and 4 more a header. */
function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let size = 21 + bytesOf(key) + (value?.length ?? 0);
  for (const name in headers) size += 4 + bytesOf(name) + bytesOf(headers[name] ?? null);
  return size;
}

function bytesOf(text: string | Buffer | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}

// A member of a group in a process of its own, to be killed: `fork` it with its settings as JSON. It says of each record
// that it has it, and, a moment later, that it has handled it; only once that is said, the record is done.
import { connectKafka, consume, type ConsumedRecord } from '../index.ts';
import type { Place } from './harness.ts';

export type MemberSettings = {
  brokers: string[];
  groupId: string;
  topic: string;
  sessionTimeoutMs: number;
  /** A record takes up to this long. */
  workMs: number;
  /** What comes after so many is held for ever. */
  handlesAtMost: number;
};
export type MemberReport = Place & { kind: 'taken' | 'handled' };

const settings: MemberSettings = JSON.parse(process.argv[2] ?? '');
const log = { error: console.error, warn: ignore, info: ignore, debug: ignore };
let begun = 0;

await consume({
  kafka: connectKafka({ brokers: settings.brokers, clientId: 'member', log }),
  groupId: settings.groupId,
  topics: [settings.topic],
  sessionTimeoutMs: settings.sessionTimeoutMs,
  heartbeatMs: settings.sessionTimeoutMs / 5,
  maxWaitMs: 100,
  commitEveryMs: 20,
  capacity: 200,
  onRecords: (records) => records.forEach(handle),
  onFatal(error) {
    throw error;
  },
});

function handle(record: ConsumedRecord): void {
  report('taken', record);
  begun += 1;
  if (begun > settings.handlesAtMost) return;
  setTimeout(() => report('handled', record, () => record.done()), Math.random() * settings.workMs);
}

function report(kind: MemberReport['kind'], { partition, offset }: Place, said: () => void = ignore): void {
  process.send?.({ kind, partition, offset } satisfies MemberReport, undefined, undefined, said);
}

function ignore(): void {
  // Nobody asked.
}

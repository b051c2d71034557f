// A member of a group in a process of its own, to be killed: `fork` it with its settings as JSON. It says of each record,
// a moment after it has it, that it has handled it; only once that is said, the record is done.
import { connectKafka, consume, type ConsumedRecord } from '../index.ts';
import { idOf, type Place } from './place.ts';

export type MemberSettings = {
  brokers: string[];
  groupId: string;
  topic: string;
  sessionTimeoutMs: number;
  /** A record takes up to this long. */
  workMs: number;
  /** Records beyond so many are held for ever. */
  handledMax: number;
};

const settings: MemberSettings = JSON.parse(process.argv[2] ?? '');
const log = { error: console.error, warn: ignore, info: ignore, debug: ignore };
const begun = new Set<string>();

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
  begun.add(idOf(record));
  if (begun.size > settings.handledMax) return;
  setTimeout(() => report(record, () => record.done()), Math.random() * settings.workMs);
}

function report({ partition, offset }: Place, said: () => void): void {
  process.send?.({ partition, offset } satisfies Place, undefined, undefined, said);
}

function ignore(): void {
  // Nobody asked.
}

import { DEAD_LETTER_HEADER, DEAD_LETTER_TOPIC, HEADER, STATUS_TOPIC, type Status } from '@fanfare/contracts';
import {
  type ConsumedRecord,
  endOffsets,
  type KafkaHandle,
  readStatusEvent,
  readTopic,
  type Serde,
} from '@fanfare/kafka';
import type { Event, Letter } from '../ledger/evidence.ts';

/** The status topic from its beginning, by the codec that everybody reads it with. */
export async function readEvents(kafka: KafkaHandle, serde: Serde): Promise<Event[]> {
  const events: Event[] = [];
  await readAll(kafka, STATUS_TOPIC, async (record) => {
    const { notification_id: id, ...event } = await readStatusEvent(serde, record.value);
    const { version, status, cycle, attempt, max_attempts, at, started_at, outcome, next_retry_at } = event;
    const known = { id, version, status: status as Status, cycle, attempt, max_attempts };
    events.push({ ...known, at, started_at, outcome, next_retry_at });
  });
  return events;
}

/** The dead-letter topic from its beginning. */
export async function readLetters(kafka: KafkaHandle): Promise<Letter[]> {
  const letters: Letter[] = [];
  await readAll(kafka, DEAD_LETTER_TOPIC, ({ key, headers }) => {
    const reason = headers[DEAD_LETTER_HEADER.reason] ?? 'none';
    letters.push({ key: key?.toString() ?? '', reason, cycle: Number(headers[HEADER.cycle]) });
  });
  return letters;
}

async function readAll(
  kafka: KafkaHandle,
  topic: string,
  onRecord: (record: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  await readTopic({
    kafka,
    topic,
    ranges: await endOffsets({ kafka, topic }),
    onRecords: async (records) => {
      for (const record of records) await onRecord(record);
    },
  });
}

import { fromMs } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { type Columns, columnValues, unnest } from './recordset.ts';

/** What the index keeps of a dead letter; its bytes stay in the topic. */
export type DeadLetter = {
  log_partition: number;
  log_offset: number;
  notification_id: string | null;
  cycle: number;
  channel: string | null;
  reason: string;
  message: string | null;
  source_topic: string | null;
  source_partition: number | null;
  source_offset: number | null;
  created_at: number;
};

const INPUT = {
  log_partition: 'integer',
  log_offset: 'bigint',
  notification_id: 'uuid',
  cycle: 'integer',
  channel: 'text',
  reason: 'text',
  message: 'text',
  source_topic: 'text',
  source_partition: 'integer',
  source_offset: 'bigint',
  created_at: 'bigint',
} satisfies Columns;

const INDEX: Statement = {
  name: 'index_dead_letters',
  text: `
    INSERT INTO dead_letters (log_partition, log_offset, notification_id, cycle, channel, reason, message,
      source_topic, source_partition, source_offset, created_at)
    SELECT log_partition, log_offset, notification_id, cycle, channel, reason, message,
      source_topic, source_partition, source_offset, ${fromMs('created_at')}
    FROM ${unnest(INPUT)} ORDER BY log_partition, log_offset
    ON CONFLICT DO NOTHING`,
};

/** Adds dead letters to the index; one that is in it already is left as it is. */
export async function indexDeadLetters(db: Database, letters: DeadLetter[]): Promise<void> {
  await db.query(INDEX, columnValues(INPUT, letters));
}

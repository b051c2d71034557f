import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_HEADER, DEAD_LETTER_TOPIC, workTopic } from '@fanfare/contracts';
import { indexDeadLetters } from '@fanfare/db';
import { useDatabase } from '@fanfare/db/fixture';
import { deadLetterHeaders } from '@fanfare/domain';
import type { ConsumedRecord } from '@fanfare/kafka';
import { expect } from 'chai';
import { deadLetterOf, indexGroup } from './on-dead-letter.ts';

const id = randomUUID();
const headers = deadLetterHeaders(
  { topic: workTopic('sms', 'high'), partition: 3, offset: 42, headers: {} },
  { reason: 'rejected', message: 'no such number', channel: 'sms', cycle: 2 },
);

function recordOf(changes: Partial<ConsumedRecord> = {}) {
  const acknowledged = { isDone: false };
  const record: ConsumedRecord = {
    topic: DEAD_LETTER_TOPIC,
    partition: 1,
    offset: 7,
    key: Buffer.from(id),
    value: Buffer.from('the original bytes'),
    headers,
    timestampMs: 1_780_000_000_000,
    done: () => (acknowledged.isDone = true),
    isStale: () => false,
    ...changes,
  };
  return { record, acknowledged };
}

describe('deadLetterOf', () => {
  it('reads what delivery wrote into the headers', () => {
    expect(deadLetterOf(recordOf().record)).to.deep.equal({
      log_partition: 1,
      log_offset: 7,
      notification_id: id,
      cycle: 2,
      channel: 'sms',
      reason: 'rejected',
      message: 'no such number',
      source_topic: 'notifications.sms.high',
      source_partition: 3,
      source_offset: 42,
      created_at: 1_780_000_000_000,
    });
  });

  it('makes do with a record that says nothing', () => {
    const letter = deadLetterOf(recordOf({ key: null, value: null, headers: {} }).record);
    expect(letter).to.include({
      notification_id: null,
      cycle: 0,
      channel: null,
      reason: 'unknown',
      source_offset: null,
    });
  });
});

describe('indexGroup', () => {
  const test = useDatabase();

  const index = (records: ConsumedRecord[]) =>
    indexGroup(
      { index: (letters) => indexDeadLetters(test.db, letters), persist: (_, step) => step() },
      records,
    );
  const rows = (partition: number) =>
    test.db.query(
      { name: 'letters', text: 'SELECT log_offset, reason FROM dead_letters WHERE log_partition = $1' },
      [partition],
    );

  it('adds each dead letter once, however often it comes', async () => {
    const { record, acknowledged } = recordOf();
    await index([record]);
    await index([record, recordOf({ offset: 8 }).record]);
    expect(acknowledged.isDone).to.equal(true);
    expect(await rows(1)).to.have.deep.members([
      { log_offset: 7, reason: 'rejected' },
      { log_offset: 8, reason: 'rejected' },
    ]);
  });

  it('stores whatever anybody writes into the topic', async () => {
    const hostile = {
      [DEAD_LETTER_HEADER.reason]: '\0\ud800',
      [DEAD_LETTER_HEADER.message]: '\u{1f600}'.repeat(5_000),
      [DEAD_LETTER_HEADER.partition]: '99999999999',
      [DEAD_LETTER_HEADER.offset]: '-1',
      cycle: '1e99',
    };
    await index([
      recordOf({ partition: 2, headers: hostile, key: Buffer.from([0xff, 0]) }).record,
      recordOf({ partition: 2, offset: 8, headers: {}, value: null }).record,
    ]);
    expect(await rows(2)).to.have.length(2);
  });

  it('leaves a record of a partition that has gone alone', async () => {
    const { record, acknowledged } = recordOf({ partition: 3, isStale: () => true });
    await index([record]);
    expect(acknowledged.isDone).to.equal(false);
    expect(await rows(3)).to.be.empty;
  });
});

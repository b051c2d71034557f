import { randomUUIDv7 } from 'node:crypto';
import { expect } from 'chai';
import { useDatabase } from './fixture.ts';
import { type DeadLetter, indexDeadLetters } from './index.ts';

const LETTER: DeadLetter = {
  log_partition: 0,
  log_offset: 2 ** 40,
  notification_id: randomUUIDv7(),
  cycle: 1,
  channel: 'sms',
  reason: 'rejected',
  message: 'HTTP 400: "ş" \\',
  source_topic: 'notifications.sms.high',
  source_partition: 3,
  source_offset: 17,
  created_at: 1_900_000_000_123,
};

describe('index of dead letters', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE dead_letters'));
  const letters = () =>
    test.sql(
      `SELECT ${Object.keys(LETTER).join(', ')} FROM dead_letters ORDER BY log_partition, log_offset, created_at`,
    );

  it('keeps a letter as it was written', async () => {
    await indexDeadLetters(test.db, [LETTER]);
    expect(await letters()).to.deep.equal([LETTER]);
  });

  it('keeps one that says next to nothing', async () => {
    const nothing = { notification_id: null, channel: null, message: null };
    const foreign = {
      ...LETTER,
      ...nothing,
      source_topic: null,
      source_partition: null,
      source_offset: null,
    };
    await indexDeadLetters(test.db, [foreign]);
    expect(await letters()).to.deep.equal([foreign]);
  });

  it('keeps the first of a place in the log, in one group or two', async () => {
    const other = { ...LETTER, log_offset: 0 };
    await indexDeadLetters(test.db, [LETTER, { ...LETTER, reason: 'again' }, other]);
    await indexDeadLetters(test.db, [
      { ...LETTER, reason: 'later' },
      { ...LETTER, log_partition: 1 },
    ]);
    expect(await letters()).to.deep.equal([other, LETTER, { ...LETTER, log_partition: 1 }]);
    await indexDeadLetters(test.db, []);
  });
});

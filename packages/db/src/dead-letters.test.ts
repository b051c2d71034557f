import { randomUUIDv7 } from 'node:crypto';
import { expect } from 'chai';
import { deadLetter, force, store, useDatabase } from './fixture.ts';
import {
  countDeadLetters,
  type DeadLetter,
  type DeadLetterSearch,
  deleteDeadLetter,
  getDeadLetter,
  indexDeadLetters,
  listDeadLetters,
  purgeDeadLetters,
  redriveDeadLetters,
} from './index.ts';

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

describe('dead letters as operators see them', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE dead_letters'));
  const ALL: DeadLetterSearch = { channel: null, reason: null, after: null, before: null, state: null };
  const page = (limit = 200, after: Parameters<typeof listDeadLetters>[2]['after'] = null) =>
    listDeadLetters(test.db, ALL, { limit, after });

  it('tells what is known of one, and of its notification now', async () => {
    const [id = ''] = await store(test.db, [{}]);
    const letter = deadLetter({ notification_id: id });
    await indexDeadLetters(test.db, [letter]);
    const [listed] = await page();
    expect(listed).to.deep.equal({
      id: listed?.id,
      notification_id: id,
      notification_status: 'pending',
      cycle: 0,
      channel: 'sms',
      reason: 'attempts_exhausted',
      message: 'HTTP 503',
      partition: 0,
      offset: letter.log_offset,
      source_topic: 'notifications.sms.high',
      source_partition: 3,
      source_offset: letter.source_offset,
      resolution: null,
      resolved_at: null,
      created_at: new Date(letter.created_at).toISOString(),
    });
    expect(await getDeadLetter(test.db, listed?.id ?? '')).to.deep.equal(listed);
    expect(await getDeadLetter(test.db, id)).to.equal(null);
  });

  it('are paged through without gap or repeat while others arrive, those of one millisecond as well', async () => {
    const letters = Array.from({ length: 25 }, (_, i) => deadLetter({ created_at: 5_000 + (i >> 3) }));
    await indexDeadLetters(test.db, letters);
    const seen: { id: string; created_at: string; offset: number }[] = [];
    for (;;) {
      const last = seen.at(-1);
      const next = await page(4, last ? { id: last.id, created_at: Date.parse(last.created_at) } : null);
      if (next.length === 0) break;
      seen.push(...next);
      await indexDeadLetters(test.db, [deadLetter({ created_at: 9_000 })]);
    }
    expect(seen.map(({ offset }) => offset)).to.have.members(letters.map(({ log_offset }) => log_offset));
    const times = seen.map(({ created_at }) => created_at);
    expect(times).to.deep.equal(times.toSorted().toReversed());
  });

  it('are found by channel, reason, time and state', async () => {
    const [id = '', ended = ''] = await store(test.db, [{}, {}]);
    await force(test, id, `state = 'failed'`);
    await indexDeadLetters(test.db, [
      deadLetter({ log_offset: 1_001, created_at: 1_000, notification_id: id, reason: 'rejected' }),
      deadLetter({ log_offset: 1_002, created_at: 2_000, notification_id: ended, channel: 'push' }),
    ]);
    await redriveDeadLetters(test.db, ALL, 2);
    await indexDeadLetters(test.db, [deadLetter({ log_offset: 1_003, created_at: 3_000, channel: null })]);
    const cases: [Partial<DeadLetterSearch>, number[]][] = [
      [{}, [1_003, 1_002, 1_001]],
      [{ channel: 'push' }, [1_002]],
      [{ reason: 'rejected' }, [1_001]],
      [{ reason: 'rejected', channel: 'push' }, []],
      [{ after: 2_000 }, [1_003, 1_002]],
      [{ before: 2_000 }, [1_001]],
      [{ state: 'open' }, [1_003]],
      [{ state: 'redriven' }, [1_001]],
      [{ state: 'skipped' }, [1_002]],
    ];
    for (const [search, offsets] of cases) {
      const found = await listDeadLetters(test.db, { ...ALL, ...search }, { limit: 10, after: null });
      expect(
        found.map(({ offset }) => offset),
        JSON.stringify(search),
      ).to.deep.equal(offsets);
      expect(await countDeadLetters(test.db, { ...ALL, ...search })).to.include({ found: offsets.length });
    }
  });

  it('do not come back once deleted, and keep nothing of what was said', async () => {
    const letter = deadLetter();
    await indexDeadLetters(test.db, [letter]);
    const id = (await page())[0]?.id ?? '';
    expect(await deleteDeadLetter(test.db, id)).to.equal(true);
    expect(await deleteDeadLetter(test.db, id)).to.equal(false);
    await indexDeadLetters(test.db, [letter]);
    expect(await page()).to.deep.equal([]);
    expect(await getDeadLetter(test.db, id)).to.equal(null);
    expect(await test.sql('SELECT message FROM dead_letters')).to.deep.equal([{ message: null }]);
  });

  it('are purged by filter, the oldest first, so many at a time', async () => {
    const letters = [1, 2, 3, 4].map((at) => deadLetter({ created_at: at * 1_000 }));
    await indexDeadLetters(test.db, [...letters, deadLetter({ channel: 'push', created_at: 500 })]);
    const search = { ...ALL, channel: 'sms', before: 4_000 };
    expect(await purgeDeadLetters(test.db, search, 2)).to.equal(2);
    expect((await page()).map(({ created_at }) => Date.parse(created_at))).to.deep.equal([4_000, 3_000, 500]);
    expect(await purgeDeadLetters(test.db, search, 2)).to.equal(1);
    expect(await purgeDeadLetters(test.db, search, 2)).to.equal(0);
    expect(await page()).to.have.length(2);
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import type { ListFilter } from '@fanfare/db';
import { ANY } from '@fanfare/db/fixture';
import { expect } from 'chai';
import { beside, type Cursor, readCursor, writeCursor } from './list-cursor.ts';

const FILTER: ListFilter = {
  ...ANY,
  channel: 'sms',
  correlation_id: 'order-7',
  created_after: 1_780_000_000_000,
};

describe('cursors of lists', () => {
  const key = randomBytes(32);
  const cursors: Cursor[] = [
    { towards: 'older', from: { created_at: 1_780_000_000_123, id: randomUUID() } },
    { towards: 'newer', from: { created_at: 0, id: '00000000-0000-0000-0000-000000000000' } },
    {
      towards: 'newer',
      from: { created_at: -62_135_596_800_000, id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
    },
  ];

  for (const cursor of cursors)
    it(`come back as they were: ${JSON.stringify(cursor)}`, () => {
      expect(readCursor(key, FILTER, writeCursor(key, FILTER, cursor))).to.deep.equal(cursor);
    });

  const [cursor = { towards: 'older', from: { created_at: 0, id: randomUUID() } } satisfies Cursor] = cursors;
  const text = writeCursor(key, FILTER, cursor);

  it('are refused when any character is another one', () => {
    for (let i = 0; i < text.length; i += 1)
      for (const other of ['A', 'B', '_', '=', ' ']) {
        const changed = text.slice(0, i) + other + text.slice(i + 1);
        if (changed !== text) expect(readCursor(key, FILTER, changed), changed).to.equal(null);
      }
  });

  it('are refused when something is missing or added', () => {
    for (const wrong of [
      '',
      'x',
      text.slice(1),
      text.slice(0, -1),
      `${text}A`,
      `${text}=`,
      ` ${text}`,
      text.repeat(2),
    ])
      expect(readCursor(key, FILTER, wrong), wrong).to.equal(null);
  });

  const others: Partial<ListFilter>[] = [
    { status: 'failed' },
    { channel: null },
    { channel: 'email' },
    { priority: 'high' },
    { batch_id: randomUUID() },
    { template_id: randomUUID() },
    { correlation_id: null },
    { correlation_id: 'order-8' },
    { created_after: 1_780_000_000_001 },
    { created_before: 1_790_000_000_000 },
    { created_after: null, created_before: 1_780_000_000_000 },
  ];
  for (const other of others)
    it(`are refused with other filters: ${JSON.stringify(other)}`, () => {
      expect(readCursor(key, { ...FILTER, ...other }, text)).to.equal(null);
    });

  it('are refused under another key', () => {
    expect(readCursor(randomBytes(32), FILTER, text)).to.equal(null);
  });

  it('know the position beside one, over every carry', () => {
    const at = 1_780_000_000_000;
    const least = '00000000-0000-0000-0000-000000000000';
    const most = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    const [some, next] = ['018f0000-0000-7000-8000-0000000000ff', '018f0000-0000-7000-8000-000000000100'];
    expect(beside({ created_at: at, id: some }, 'newer')).to.deep.equal({ created_at: at, id: next });
    expect(beside({ created_at: at, id: next }, 'older')).to.deep.equal({ created_at: at, id: some });
    expect(beside({ created_at: at, id: least }, 'older')).to.deep.equal({ created_at: at - 1, id: most });
    expect(beside({ created_at: at, id: most }, 'newer')).to.deep.equal({ created_at: at + 1, id: least });
  });
});

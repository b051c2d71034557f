import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { markOf, readCursor, writeCursor } from './cursor.ts';
import type { Interest } from './told.ts';

const offsets = fc.uniqueArray(
  fc.tuple(fc.nat(2_000_000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  { selector: ([partition]) => partition, maxLength: 30 },
);
const interest: fc.Arbitrary<Interest> = fc.oneof(
  fc.constant({ kind: 'all' as const }),
  fc.record({ kind: fc.constantFrom('notification_id' as const, 'batch_id' as const), id: fc.uuid() }),
);

describe('cursor', () => {
  it('says what was written', () => {
    fc.assert(
      fc.property(interest, offsets, fc.constantFrom('', '0:abc'), (about, pairs, log) => {
        const text = writeCursor(about, { offsets: new Map(pairs), log, at: 1_780_000_000_123 });
        expect(text).to.match(/^[\w-]+$/);
        expect(readCursor(text)).to.deep.equal({
          interest: about,
          place: { offsets: new Map(pairs), logMark: markOf(log), at: 1_780_000_000_000 },
        });
      }),
    );
  });

  it('is short', () => {
    const sixPartitions = new Map(Array.from({ length: 6 }, (_, partition) => [partition, 1_000_000_000]));
    const text = writeCursor({ kind: 'all' }, { offsets: sixPartitions, log: '', at: 1_780_000_000_000 });
    expect(text.length).to.be.at.most(60);
  });

  it('is nothing else', () => {
    const good = writeCursor(
      { kind: 'batch_id', id: randomUUID() },
      { offsets: new Map([[0, 300]]), log: '', at: 0 },
    );
    const others = [
      '',
      'AQ',
      good.slice(0, -1),
      `${good}A`,
      `${good}=`,
      good.slice(0, 10),
      `B${good.slice(1)}`,
      'x'.repeat(5_000),
      Buffer.from([1, 3, 0, 0]).toString('base64url'),
      Buffer.from([1, 0, 0]).toString('base64url'),
      Buffer.from([1, 0, 0, 0, 5]).toString('base64url'),
      Buffer.from([1, 0, 0, 0, 5, 1, 5, 2]).toString('base64url'),
      Buffer.from([1, 0, 0, 0, 0, ...Array.from({ length: 9 }, () => 255), 1]).toString('base64url'),
    ];
    for (const text of others) expect(readCursor(text), text.slice(0, 40)).to.equal(null);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => void readCursor(text)));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        (bytes) => void readCursor(Buffer.from([1, ...bytes]).toString('base64url')),
      ),
    );
  });
});

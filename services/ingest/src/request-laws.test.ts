import { randomBytes } from 'node:crypto';
import { CHANNELS, type DeadLetterResource, STATUSES } from '@fanfare/contracts';
import { ANY } from '@fanfare/db/fixture';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Cursor, readCursor, writeCursor } from './list-cursor.ts';
import { cursorAt, readListRequest as readLetterList } from './on-dead-letters-request.ts';
import { readListRequest } from './on-list-request.ts';
import { readTemplateList, templateCursor } from './on-templates-request.ts';
import { ProblemError } from './problem.ts';

const FIELDS = [
  'status',
  'channel',
  'priority',
  'batch_id',
  'correlation_id',
  'created_after',
  'created_before',
];
const OTHERS = [
  'limit',
  'cursor',
  'reason',
  'state',
  'after',
  'before',
  '__proto__',
  'constructor',
  'status[]',
];
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...STATUSES, ...CHANNELS, '1', '200', '2030-01-31T09:00:00Z', '2030-02-30T09:00:00Z'),
  fc.uuid(),
);
/** What a query string is parsed to: text, or a list where a parameter comes twice. */
const queries = fc.dictionary(
  fc.oneof(fc.constantFrom(...FIELDS, ...OTHERS), fc.string()),
  fc.oneof(value, fc.array(value, { maxLength: 3 })),
);
const readers: [name: string, read: (query: unknown) => { limit: number }][] = [
  ['notifications', readListRequest],
  ['templates', readTemplateList],
  ['dead letters', readLetterList],
];

const positions = fc.record({
  created_at: fc.integer({ min: Date.parse('0001-01-01'), max: Date.parse('9999-12-31') }),
  id: fc.uuid(),
});

describe('queries of any kind', () => {
  for (const [name, read] of readers)
    it(`for ${name} are understood, or refused with every fault named; nothing else is thrown`, () => {
      fc.assert(
        fc.property(queries, (query) => {
          try {
            expect(read(query).limit).to.be.within(1, 200);
          } catch (error) {
            expect(error).to.be.instanceOf(ProblemError);
            const { status, errors = [] } = (error as ProblemError).problem;
            expect(status).to.equal(400);
            for (const { field } of errors) expect(query).to.have.own.property(field);
            expect(errors).to.not.be.empty;
          }
        }),
        { numRuns: 500 },
      );
    });
});

describe('cursors', () => {
  const key = randomBytes(32);
  const cursors: fc.Arbitrary<Cursor> = fc.record({
    towards: fc.constantFrom('older', 'newer'),
    from: positions,
  });

  it('of notifications come back as they were written', () => {
    fc.assert(
      fc.property(cursors, (cursor) => {
        expect(readCursor(key, ANY, writeCursor(key, ANY, cursor))).to.deep.equal(cursor);
      }),
    );
  });

  it('of notifications are refused with any bit turned, and whoever makes them up', () => {
    fc.assert(
      fc.property(
        cursors,
        fc.nat(),
        fc.base64String(),
        fc.string({ unit: 'binary' }),
        (cursor, bit, made, text) => {
          const bytes = Buffer.from(writeCursor(key, ANY, cursor), 'base64url');
          const at = Math.floor(bit / 8) % bytes.length;
          bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit % 8)), at);
          for (const forged of [bytes.toString('base64url'), made, text])
            expect(readCursor(key, ANY, forged)).to.equal(null);
        },
      ),
    );
  });

  it('of dead letters and templates name the place that they were made of', () => {
    fc.assert(
      fc.property(
        positions.filter(({ created_at }) => created_at >= 0),
        ({ created_at, id }) => {
          const letter = { created_at: new Date(created_at).toISOString(), id } as DeadLetterResource;
          expect(readLetterList({ cursor: cursorAt(letter) }).after).to.deep.equal({ created_at, id });
          expect(readTemplateList({ cursor: templateCursor(id) }).before).to.equal(id);
        },
      ),
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { METADATA_BYTES_MAX, objectFault } from './json-object.ts';

const BYTES_AROUND = '{"a":""}'.length;

function ofBytes(count: number, sign = 'x', bytesOfSign = 1): unknown {
  return { a: sign.repeat((count - BYTES_AROUND) / bytesOfSign) };
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return { value };
}

const GOOD: Record<string, unknown> = {
  'an empty object': {},
  'as many bytes as allowed': ofBytes(METADATA_BYTES_MAX),
  'two-byte letters up to the limit': ofBytes(METADATA_BYTES_MAX, 'ş', 2),
  'emoji up to the limit': ofBytes(METADATA_BYTES_MAX, '🎉', 4),
  'text in many scripts': { ad: 'Çağrı', اسم: 'مرحبا', 名: ['漢', '👩‍👩‍👧‍👦'] },
  'numbers of any size': { big: 1.7e308, small: 5e-324, negative: -0.1, unsafe: 2 ** 60 },
  'what only looks like an escape': { path: String.raw`C:\u0000\ud83d`, regex: String.raw`\\uDEAD` },
  'names of Object.prototype': JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}'),
  '64 levels': nested(64),
};

const BAD: Record<string, unknown> = {
  text: '{}',
  'a number': 0,
  null: null,
  false: false,
  'a list': [],
  'one byte too many': ofBytes(METADATA_BYTES_MAX + 1),
  'too many bytes in few letters': { a: '漢'.repeat(METADATA_BYTES_MAX / 2) },
  'NUL in a value': { a: ['b\0'] },
  'NUL in a key': { 'b\0': 1 },
  'half of a pair in a value': { a: '\ud83d' },
  'half of a pair in a key': { a: { '\udc00': 1 } },
  'a number beyond double precision': JSON.parse('{"a": [1e400]}'),
  '65 levels': nested(65),
  '100 000 levels': JSON.parse(`{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
};

describe('a JSON object that clients attach', () => {
  for (const [what, value] of Object.entries(GOOD))
    it(`may be ${what}`, () => {
      expect(objectFault(value)).to.equal(null);
    });

  for (const [what, value] of Object.entries(BAD))
    it(`may not be ${what}`, () => {
      expect(objectFault(value)).to.be.a('string');
    });

  it('may hold exactly the texts that PostgreSQL can store', () => {
    const parts = fc.constantFrom('\\', 'u0000', 'ud83d', '\0', '\ud83d', '\udc00', '"', 'a');
    const text = fc.string({ unit: parts });
    fc.assert(
      fc.property(text, text, (key, value) => {
        const isStorable = [key, value].every((part) => part.isWellFormed() && !part.includes('\0'));
        expect(objectFault({ [key]: [value] }) === null).to.equal(isStorable);
      }),
    );
  });

  it('is measured in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 8000, max: 8300 }), (text, padding) => {
        const value = { text, padding: 'x'.repeat(padding) };
        const bytes = Buffer.byteLength(JSON.stringify(value));
        if (!text.includes('\0')) expect(objectFault(value) === null).to.equal(bytes <= METADATA_BYTES_MAX);
      }),
    );
  });
});

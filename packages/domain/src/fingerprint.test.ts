import { expect } from 'chai';
import fc from 'fast-check';
import { draftOf } from './fixture.ts';
import { canonicalJson, fingerprint } from './fingerprint.ts';
import type { Draft } from './validation.ts';

const DRAFT = draftOf({
  channel: 'email',
  recipient: 'ada@example.com',
  template_variables: { Name: 'Ada', n: [1, { b: 1, a: 2 }] },
  metadata: { b: 1, a: { d: null, c: '1' }, 10: 'x', 9: 'y' },
  scheduled_at: 1_900_000_000_000,
});

/** One change in each field, and some that only look the same. */
const CHANGES: Partial<Draft>[] = [
  { channel: 'sms' },
  { recipient: 'ada@example.co' },
  { content: 'Merhaba ' },
  { content: null },
  { subject: 'Merhaba' },
  { html: 'Merhaba' },
  { subject: 'Merhaba', html: 'Merhaba' },
  { subject: '<p>Merhaba</p>', html: 'Merhaba' },
  { subject: 'Merhaba', html: '<p>Merhaba</p>' },
  { priority: 'high' },
  { template_id: '0192f0c0-0000-7000-8000-00000000abcd' },
  { template_variables: null },
  { template_variables: { Name: 'Ada', n: [{ b: 1, a: 2 }, 1] } },
  { metadata: { ...DRAFT.metadata, a: { d: null, c: 1 } } },
  { metadata: { ...DRAFT.metadata, a: { c: '1' } } },
  { metadata: {} },
  { metadata: null },
  { scheduled_at: 1_900_000_000_001 },
  { scheduled_at: null },
  { expires_at: 1_900_000_000_000 },
  { max_attempts: 6 },
  { delivery_mode: 'at_most_once' },
];

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe('fingerprint', () => {
  it('does not depend on the order of keys, at any depth', () => {
    expect(fingerprint(reversed(DRAFT) as Draft)).to.equal(fingerprint(DRAFT));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => canonicalJson(reversed(value)) === canonicalJson(value)),
    );
  });

  it('is another for each change of a field', () => {
    const all = [DRAFT, ...CHANGES.map((change) => ({ ...DRAFT, ...change }))].map(fingerprint);
    expect(new Set(all).size).to.equal(all.length);
  });

  it('is what it was before there were subjects, for what has none', () => {
    expect(fingerprint(DRAFT)).to.equal(
      '["email","ada@example.com","Merhaba","normal",null,1900000000000,null,5,"at_least_once",' +
        '{"Name":"Ada","n":[1,{"a":2,"b":1}]},{"9":"y","10":"x","a":{"c":"1","d":null},"b":1}]',
    );
  });

  it('tells apart whatever JSON tells apart', () => {
    const small = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b);
        const [left, right] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
        if (same) expect(left).to.deep.equal(right);
        else expect(left).to.not.deep.equal(right);
      }),
    );
  });

  it('is JSON of the same value, __proto__ included', () => {
    const hostile = JSON.parse('{"b": 1, "__proto__": {"z": 1, "a": 2}, "constructor": null}') as unknown;
    expect(canonicalJson(hostile)).to.equal('{"__proto__":{"a":2,"z":1},"b":1,"constructor":null}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('takes the deepest metadata that validation lets through', () => {
    let value: unknown = 1;
    for (let level = 0; level < 63; level += 1) value = [value];
    expect(fingerprint({ ...DRAFT, metadata: { value } })).to.include('['.repeat(63));
  });
});

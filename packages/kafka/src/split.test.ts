import { expect } from 'chai';
import fc from 'fast-check';
import type { OutgoingRecord } from './publish.ts';
import { splitBySize } from './split.ts';

const records = fc.array(
  fc.record({
    topic: fc.constant('t'),
    key: fc.option(fc.string()),
    value: fc.option(fc.integer({ min: 0, max: 1_100_000 }).map((size) => Buffer.alloc(size))),
    headers: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
  }),
  { maxLength: 30 },
);

describe('split', () => {
  it('keeps every record, in order, and a request of several below its bound', () => {
    fc.assert(
      fc.property(records, (all) => {
        const requests = splitBySize(all);
        expect(requests.flatMap((request) => request.records)).to.deep.equal(all);
        for (const request of requests) {
          expect(request.records).to.not.be.empty;
          if (request.records.length > 1) expect(request.bytes).to.be.at.most(900_000);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('counts characters by their bytes', () => {
    const [one, other] = ['ç'.repeat(300_000), 'a'.repeat(300_000)];
    expect(splitBySize([keyed(one), keyed(other)])).to.have.length(2);
    expect(splitBySize([keyed(other), keyed(other)])).to.have.length(1);
  });
});

function keyed(key: string): OutgoingRecord {
  return { topic: 't', key, value: null };
}

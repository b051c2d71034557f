import { expect } from 'chai';
import * as fc from 'fast-check';
import { closest, distance } from './closest.ts';

const word = fc.string({ maxLength: 12 });

describe('the closest word', () => {
  const cases: [string, string | null][] = [
    ['--chanel', '--channel'],
    ['--dryrun', '--dry-run'],
    ['--resaon', '--reason'],
    ['--befor', '--before'],
    ['--colour', null],
    ['--x', null],
  ];
  const flags = ['--channel', '--reason', '--after', '--before', '--dry-run', '--yes'];
  for (const [typed, meant] of cases)
    it(`${typed} means ${meant ?? 'none'}`, () => expect(closest(typed, flags)).to.equal(meant));

  it('is measured as Levenshtein does', () => {
    expect(distance('kitten', 'sitting')).to.equal(3);
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(distance(a, b)).to.equal(distance(b, a));
        expect(distance(a, b) === 0).to.equal(a === b);
        expect(distance(a, c)).to.be.at.most(distance(a, b) + distance(b, c));
        expect(distance(a, b)).to.be.within(Math.abs(a.length - b.length), Math.max(a.length, b.length));
      }),
    );
  });
});

import { expect } from 'chai';
import { moment } from './moment.ts';

const NOW = Date.parse('2030-01-31T09:00:00Z');

describe('a time as people say it', () => {
  const cases: [string, string | null][] = [
    ['90s', '2030-01-31T08:58:30.000Z'],
    ['15m', '2030-01-31T08:45:00.000Z'],
    ['2h', '2030-01-31T07:00:00.000Z'],
    ['3d', '2030-01-28T09:00:00.000Z'],
    ['2030-01-30', '2030-01-30T00:00:00Z'],
    ['2030-01-31T09:00:00+03:00', null],
    ['2 h', null],
    ['1w', null],
    ['-1h', null],
    ['yesterday', null],
  ];
  for (const [text, meant] of cases)
    it(`${text} is ${meant ?? 'left to the API'}`, () => expect(moment(text, NOW)).to.equal(meant));

  it('may lie ahead', () => {
    expect(moment('2h', NOW, 'ahead')).to.equal('2030-01-31T11:00:00.000Z');
    expect(moment('2030-02-01', NOW, 'ahead')).to.equal('2030-02-01T00:00:00Z');
  });
});

import { expect } from 'chai';
import { record, table } from './table.ts';

describe('a table', () => {
  it('aligns what is of different width, wide characters as well', () => {
    const rows = [
      ['Merhaba', 'x'],
      ['日本', 'y'],
      ['👩‍👩‍👧', 'z'],
      ['é̄', 'w'],
    ];
    expect(table(['TEXT', 'LAST'], rows, null).split('\n')).to.deep.equal([
      'TEXT     LAST',
      'Merhaba  x',
      '日本     y',
      '👩‍👩‍👧       z',
      'é̄        w',
    ]);
  });

  it('cuts the last column to the line, and no character in two', () => {
    const rows = [['a', '0123456789012345678901234567890']];
    expect(table(['A', 'B'], rows, 24).split('\n')[1]).to.equal('a  01234567890123456789…');
    expect(table(['A', 'B'], [['a', '日'.repeat(20)]], 24).split('\n')[1]).to.equal(`a  ${'日'.repeat(10)}…`);
    expect(table(['A', 'B'], rows, 3).split('\n')[1]).to.equal('a  0123456789012345678…');
    expect(table(['A', 'B'], rows, null)).to.include('8901234567890');
  });

  it('lets nobody steer the terminal', () => {
    const hostile = 'a\u001b[31mred\u0007\r\nb\u009b2J\u202etxt';
    for (const text of [table(['A', 'B'], [[hostile, hostile]], null), record([['name', hostile]])])
      expect(text.split('\n').at(-1)).to.match(/^[^\p{Cc}\u202e]+$/u);
  });
});

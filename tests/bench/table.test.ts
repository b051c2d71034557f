import { expect } from 'chai';
import { ratioOf, type Row, verdictOf } from './figure.ts';
import { quantity, renderTable } from './table.ts';

const row = (fields: Partial<Row>): Row => ({
  figure: 'accept',
  value: 10,
  unit: '/s',
  bar: { least: 10 },
  limit: null,
  ...fields,
});

describe('table', () => {
  it('aligns its columns, numbers to the right', () => {
    const table = renderTable([
      row({
        figure: 'accept',
        value: 9_876.5,
        bar: { shareOfLimit: 0.5 },
        limit: { what: 'Express', value: 19_753 },
      }),
      row({ figure: 'open loop, p95', value: 71.26, unit: 'ms', bar: { most: 60 } }),
    ]);
    expect(table.split('\n')).to.deep.equal([
      'figure          measured              bar    limit, same run  ratio',
      '──────────────  ────────  ───────────────  ─────────────────  ─────  ────',
      'accept          9 877 /s  ≥ 50 % of limit  Express 19 753 /s   50 %  pass',
      'open loop, p95   71.3 ms          ≤ 60 ms                  –      –  miss',
    ]);
  });

  it('writes numbers with three digits that mean something', () => {
    expect(quantity(1_234_567.8, '/s')).to.equal('1 234 568 /s');
    expect(quantity(999.5, 'MB')).to.equal('1 000 MB');
    expect(quantity(60, 'ms')).to.equal('60 ms');
    expect(quantity(0.1234, 'ms')).to.equal('0.12 ms');
    expect(quantity(Number.NaN, 'ms')).to.equal('– ms');
  });

  it('passes a value at its bar and misses one beyond', () => {
    expect(verdictOf(row({ value: 10, bar: { least: 10 } }))).to.equal('pass');
    expect(verdictOf(row({ value: 9.99, bar: { least: 10 } }))).to.equal('miss');
    expect(verdictOf(row({ value: 10, bar: { most: 10 } }))).to.equal('pass');
    expect(verdictOf(row({ value: 10.01, bar: { most: 10 } }))).to.equal('miss');
  });

  it('holds a share of the limit to the limit', () => {
    const half = { bar: { shareOfLimit: 0.5 }, limit: { what: 'Express', value: 100 } };
    expect(verdictOf(row({ ...half, value: 50 }))).to.equal('pass');
    expect(verdictOf(row({ ...half, value: 49 }))).to.equal('miss');
    expect(ratioOf(row({ ...half, value: 49 }))).to.equal(0.49);
  });

  it('never passes what was not measured', () => {
    const bars = [{ least: 1 }, { most: 1 }, { shareOfLimit: 0.1 }];
    expect(bars.map((bar) => verdictOf(row({ value: Number.NaN, bar })))).to.deep.equal([
      'miss',
      'miss',
      'miss',
    ]);
    expect(verdictOf(row({ bar: { shareOfLimit: 0.5 }, limit: null }))).to.equal('miss');
  });
});

import { expect } from 'chai';
import { elapsed, span } from './span.ts';

const S = 1_000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

describe('a length of time as people say it', () => {
  const cases: [number, string][] = [
    [-5 * S, '0s'],
    [0, '0s'],
    [499, '0s'],
    [500, '1s'],
    [59 * S + 499, '59s'],
    [59 * S + 500, '1m'],
    [3 * M + 20 * S, '3m 20s'],
    [2 * H + 59 * S, '2h'],
    [2 * H + 5 * M + 59 * S, '2h 5m'],
    [D - S, '23h 59m'],
    [3 * D + 4 * H + 5 * M, '3d 4h'],
    [400 * D, '400d'],
  ];
  for (const [ms, said] of cases) it(`${ms} ms is ${said}`, () => expect(span(ms)).to.equal(said));
});

describe('how long something took', () => {
  const cases: [number, string][] = [
    [-4, '0 ms'],
    [41.4, '41 ms'],
    [999.4, '999 ms'],
    [999.5, '1.0 s'],
    [31_449, '31.4 s'],
    [59_949, '59.9 s'],
    [59_950, '1m'],
    [200_000, '3m 20s'],
  ];
  for (const [ms, said] of cases) it(`${ms} ms is ${said}`, () => expect(elapsed(ms)).to.equal(said));
});

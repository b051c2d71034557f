import { expect } from 'chai';
import { compareTold, waitsOf } from './told.ts';

const state = (id: string, version: number, at = 0) => ({ id, version, at });

describe('what clients were told', () => {
  it('is held against what came to the log after the first state', () => {
    const logged = [state('a', 1), state('b', 1), state('a', 12), state('b', 12), state('a', 900_007)];
    const heard = [state('b', 12), state('a', 1), state('a', 12), state('a', 900_007)];
    expect(compareTold(heard, logged)).to.deep.equal({ changes: 2, missed: 0, overtaken: 0 });
  });

  it('lacks a change that was left out, and every one of a client that heard nothing', () => {
    const logged = [state('a', 12), state('a', 900_007), state('b', 1), state('b', 12)];
    const heard = [state('a', 1), state('a', 900_007)];
    expect(compareTold(heard, logged)).to.deep.equal({ changes: 4, missed: 3, overtaken: 0 });
  });

  it('need not have what came to the log behind a newer event', () => {
    const logged = [state('a', 900_007), state('a', 12)];
    const heard = [state('a', 1), state('a', 900_007)];
    expect(compareTold(heard, logged)).to.deep.equal({ changes: 1, missed: 0, overtaken: 1 });
  });

  it('was waited for from the log to the first state that is as new', () => {
    const logged = [state('a', 1, 100), state('a', 12, 120), state('a', 900_007, 130)];
    const heard = [state('a', 1, 110), state('a', 900_007, 150)];
    expect(waitsOf(heard, logged)).to.deep.equal([30, 20]);
  });

  it('counts the end for a client that listened too late for a change', () => {
    expect(waitsOf([state('a', 900_007, 150)], [state('a', 900_007, 130)])).to.deep.equal([20]);
  });

  it('was waited for without end when it was never told', () => {
    expect(waitsOf([state('a', 12, 110)], [state('a', 900_007, 130)])).to.deep.equal([Infinity]);
  });
});

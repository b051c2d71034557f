import { expect } from 'chai';
import { parseArguments } from './arguments.ts';
import { FAULTS } from './ledger/evidence.ts';

const SEED = (): number => 4711;

describe('arguments of a chaos run', () => {
  it('mean every fault once, with any seed', () => {
    expect(parseArguments([], SEED)).to.deep.equal({
      seed: 4711,
      minutes: null,
      perSecond: 60,
      faults: FAULTS,
      help: false,
    });
  });

  it('choose length, seed, rate and faults', () => {
    const chosen = parseArguments(
      ['--minutes', '30', '--seed=7', '--rate', '100', '--faults', 'kafka,delivery'],
      SEED,
    );
    expect(chosen).to.deep.include({ minutes: 30, seed: 7, perSecond: 100, faults: ['kafka', 'delivery'] });
  });

  it('are refused when they are not known', () => {
    expect(() => parseArguments(['--faults', 'rain'], SEED)).to.throw('There is no fault rain; there are ');
    expect(() => parseArguments(['--minutes', '0'], SEED)).to.throw(
      '--minutes must be a whole number from 1',
    );
    expect(() => parseArguments(['--seed', 'x'], SEED)).to.throw('--seed');
    expect(() => parseArguments(['--fast'], SEED)).to.throw('--fast');
  });
});

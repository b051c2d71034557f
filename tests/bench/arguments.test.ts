import { expect } from 'chai';
import { parseArguments } from './arguments.ts';
import { FIGURES } from './figure.ts';

describe('arguments', () => {
  it('mean everything unless told otherwise', () => {
    expect(parseArguments([])).to.deep.equal({ only: FIGURES, quick: false, profile: false, help: false });
  });

  it('choose figures, in the order in which they are shown', () => {
    expect(parseArguments(['--only', 'idle,accept', '--quick'])).to.deep.equal({
      only: ['accept', 'idle'],
      quick: true,
      profile: false,
      help: false,
    });
    expect(parseArguments(['--only=drain', '--only=batch']).only).to.deep.equal(['batch', 'drain']);
  });

  it('are refused when they are not known', () => {
    expect(() => parseArguments(['--only', 'speed,drain'])).to.throw(
      'There is no figure speed; there are accept,',
    );
    expect(() => parseArguments(['--fast'])).to.throw('--fast');
    expect(() => parseArguments(['drain'])).to.throw('drain');
  });
});

import { expect } from 'chai';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('resolves with what the check returned once it passed', async () => {
    const answers = [false, new Error('not yet'), 'there'] as const;
    let calls = 0;
    const value = await eventually(() => {
      const answer = answers[calls++];
      if (answer instanceof Error) throw answer;
      return answer ?? 'too often';
    });
    expect(value).to.equal('there');
  });

  it('rejects with the newest failure, so that the difference is seen', async () => {
    const failure = await eventually(() => expect('a').to.equal('b'), { timeoutMs: 30 }).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(Error).and.include({ actual: 'a', expected: 'b' });
    expect(String(failure)).to.include('still so after 30 ms');
  });
});

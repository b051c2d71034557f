import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createLogger } from './logger.ts';
import { Stopped, untilDone } from './until-done.ts';

const log = createLogger({ service: 'test', level: 'error', stream: new PassThrough() });

describe('untilDone', () => {
  it('tries until the step succeeds', async () => {
    let tries = 0;
    const step = () => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve('done');
    };
    expect(await untilDone(step, { what: 'step', log, signal: new AbortController().signal })).to.equal(
      'done',
    );
    expect(tries).to.equal(3);
  });

  it('throws on what trying again cannot mend', async () => {
    const fault = new Error('refused for good');
    const options = {
      what: 'step',
      log,
      signal: new AbortController().signal,
      isFinal: (error: unknown) => error === fault,
    };
    expect(await untilDone(() => Promise.reject(fault), options).catch((error: unknown) => error)).to.equal(
      fault,
    );
  });

  it('ends when it is told to stop, before or while it waits', async () => {
    for (const stopAt of [1, 2]) {
      const stop = new AbortController();
      let tries = 0;
      const step = () => {
        tries += 1;
        if (tries === stopAt) setImmediate(() => stop.abort());
        return Promise.reject(new Error('away'));
      };
      const ended = await untilDone(step, { what: 'step', log, signal: stop.signal }).catch(
        (error: unknown) => error,
      );
      expect(ended).to.be.instanceOf(Stopped);
      expect(tries).to.equal(stopAt);
    }
  });
});

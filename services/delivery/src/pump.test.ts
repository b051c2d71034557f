import { expect } from 'chai';
import { createPump } from './pump.ts';

/** Items that end when the test says so. */
function heldItems(concurrency: number) {
  const started: number[] = [];
  const release = new Map<number, () => void>();
  const pump = createPump<number>({
    concurrency,
    handle: (item) => {
      started.push(item);
      return new Promise((resolve) => release.set(item, resolve));
    },
  });
  const end = async (item: number): Promise<void> => {
    release.get(item)?.();
    await new Promise(setImmediate);
  };
  return { pump, started, end };
}

describe('pump', () => {
  it('starts in order of arrival, at most so many at a time', async () => {
    const { pump, started, end } = heldItems(2);
    pump.push([1, 2, 3]);
    pump.push([4]);
    expect(started).to.deep.equal([1, 2]);
    await end(2);
    expect(started).to.deep.equal([1, 2, 3]);
    await end(1);
    await end(3);
    expect(started).to.deep.equal([1, 2, 3, 4]);
    expect(pump.inFlight()).to.equal(1);
  });

  it('loses nothing over many items', async () => {
    const seen: number[] = [];
    const items = Array.from({ length: 10_000 }, (_, index) => index);
    const pump = createPump<number>({
      concurrency: 7,
      handle: async (item) => {
        await Promise.resolve();
        seen.push(item);
      },
    });
    for (let i = 0; i < items.length; i += 997) pump.push(items.slice(i, i + 997));
    while (seen.length < items.length) await new Promise(setImmediate);
    expect(seen).to.deep.equal(items);
  });

  it('stops when what it started has ended, and starts nothing after', async () => {
    const { pump, started, end } = heldItems(1);
    pump.push([1, 2]);
    let stopped = false;
    const stopping = pump.stop().then(() => (stopped = true));
    await new Promise(setImmediate);
    expect(stopped).to.equal(false);
    await end(1);
    await stopping;
    pump.push([3]);
    expect(started).to.deep.equal([1]);
  });

  it('starts the next while one waits without its place', async () => {
    const waited = Promise.withResolvers<void>();
    const started: number[] = [];
    const ended = Promise.withResolvers<void>();
    const pump = createPump<number>({
      concurrency: 1,
      handle: async (item) => {
        started.push(item);
        if (item === 1) await pump.withoutPlace(() => waited.promise);
        if (item === 1) ended.resolve();
      },
    });
    pump.push([1, 2]);
    expect(started).to.deep.equal([1, 2]);
    waited.resolve();
    await ended.promise;
    await new Promise(setImmediate);
    expect(pump.inFlight()).to.equal(0);
  });
});

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
});

import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { QueueFull, grouped } from './grouped.ts';

describe('grouped', () => {
  it('gives each item its own result once, within its bounds, first come first served', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async ({ waves, sizeMax, inFlightMax, turnsOfRun, failing }) => {
        const seen = watcher<number>();
        const send = grouped({
          run: seen.run(turnsOfRun, (item) => failing.has(item)),
          sizeMax,
          inFlightMax,
        });
        const outcomes = await sendInWaves(send, waves);
        const items = [...outcomes.keys()];
        expect(seen.started.flat()).to.deep.equal(items);
        expect(Math.max(0, ...seen.started.map((group) => group.length))).to.be.at.most(sizeMax);
        expect(seen.mostInFlight()).to.be.at.most(inFlightMax);
        for (const group of seen.started) {
          const fate = group.some((item) => failing.has(item)) ? 'failed' : null;
          for (const item of group) expect(outcomes.get(item)).to.equal(fate ?? `result of ${item}`);
        }
      }),
    );
  });

  it('sends together what was offered in one turn of the event loop', async () => {
    const seen = watcher<number>();
    const send = grouped({ run: seen.run([]), sizeMax: 10, inFlightMax: 1 });
    await Promise.all([send(1), send(2), Promise.resolve().then(() => send(3))]);
    expect(seen.started).to.deep.equal([[1, 2, 3]]);
  });

  it('makes the next group of what arrives while a run is under way', async () => {
    const gate = Promise.withResolvers<void>();
    const seen: number[][] = [];
    const run = async (items: number[]) => {
      seen.push(items);
      if (seen.length === 1) await gate.promise;
      return items;
    };
    const send = grouped({ run, sizeMax: 10, inFlightMax: 1 });
    const first = send(1);
    await turn();
    const later = [send(2), send(3)];
    await turn();
    const last = send(4);
    gate.resolve();
    await Promise.all([first, ...later, last]);
    expect(seen).to.deep.equal([[1], [2, 3, 4]]);
  });

  it('refuses what the queue has no room for, and only that', async () => {
    const send = grouped({
      run: (items: number[]) => Promise.resolve(items),
      sizeMax: 1,
      inFlightMax: 1,
      queueMax: 2,
    });
    const results = await Promise.allSettled([send(1), send(2), send(3)]);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected']);
    expect(results[2])
      .to.have.property('reason')
      .that.is.instanceOf(QueueFull)
      .with.property('code', 'QUEUE_FULL');
    expect(await send(4)).to.equal(4);
  });

  it('counts bytes until their group has ended, and lets a single large item through', async () => {
    const gate = Promise.withResolvers<void>();
    const run = (items: number[]) => gate.promise.then(() => items);
    const send = grouped({ run, sizeMax: 10, inFlightMax: 1, weigh: (item) => item, bytesMax: 10 });
    const first = send(8);
    await turn();
    const [fits, tooMuch] = [send(2), send(1)];
    expect(await tooMuch.catch((error: unknown) => error)).to.be.instanceOf(QueueFull);
    gate.resolve();
    expect(await Promise.all([first, fits])).to.deep.equal([8, 2]);
    expect(await send(99)).to.equal(99);
    expect(await send(10)).to.equal(10);
  });

  it('rejects a group whose results do not match it, and goes on', async () => {
    let broken = true;
    const run = (items: number[]) => Promise.resolve(broken ? [] : items);
    const send = grouped({ run, sizeMax: 10, inFlightMax: 1 });
    const results = await Promise.allSettled([send(1), send(2)]);
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    broken = false;
    expect(await send(3)).to.equal(3);
  });

  it('rejects a group whose run throws before it returns a promise', async () => {
    const send = grouped({ run: throwAtOnce, sizeMax: 1, inFlightMax: 1 });
    const [result] = await Promise.allSettled([send(1)]);
    expect(result).to.have.nested.property('reason.message', 'at once');
  });

  it('is idle when nothing is queued or in flight', async () => {
    const gate = Promise.withResolvers<void>();
    const run = (items: number[]) => gate.promise.then(() => items);
    const send = grouped({ run, sizeMax: 1, inFlightMax: 1 });
    await send.idle();
    const order: string[] = [];
    const sent = [send(1), send(2)].map((result) => result.then(() => order.push('sent')));
    const idle = send.idle().then(() => order.push('idle'));
    gate.resolve();
    await Promise.all([...sent, idle]);
    expect(order).to.deep.equal(['sent', 'sent', 'idle']);
  });
});

function throwAtOnce(): Promise<number[]> {
  throw new Error('at once');
}

const scenarios = fc.record({
  waves: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 12 }),
  sizeMax: fc.integer({ min: 1, max: 8 }),
  inFlightMax: fc.integer({ min: 1, max: 4 }),
  turnsOfRun: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 6 }),
  failing: fc.array(fc.nat({ max: 60 }), { maxLength: 6 }).map((items) => new Set(items)),
});

/** Offers numbered items, so many per turn of the event loop, and tells what became of each. */
async function sendInWaves(send: (item: number) => Promise<string>, waves: readonly number[]) {
  const outcomes = new Map<number, string>();
  const pending: Promise<unknown>[] = [];
  for (const size of waves) {
    for (let count = 0; count < size; count += 1) {
      const item = outcomes.size;
      outcomes.set(item, 'nothing');
      const settle = (outcome: string) => {
        expect(outcomes.get(item)).to.equal('nothing');
        outcomes.set(item, outcome);
      };
      pending.push(send(item).then(settle, () => settle('failed')));
    }
    await turn();
  }
  await Promise.all(pending);
  return outcomes;
}

/** A run that remembers its groups; the n-th takes so many turns of the event loop. */
function watcher<T>() {
  const started: T[][] = [];
  let inFlight = 0;
  let most = 0;
  const run =
    (turnsOfRun: readonly number[], fails: (item: T) => boolean = () => false) =>
    async (items: T[]): Promise<string[]> => {
      const turns = turnsOfRun[started.length] ?? 0;
      started.push(items);
      inFlight += 1;
      most = Math.max(most, inFlight);
      for (let passed = 0; passed < turns; passed += 1) await turn();
      inFlight -= 1;
      if (items.some(fails)) throw new Error('failed');
      return items.map((item) => `result of ${String(item)}`);
    };
  return { started, run, mostInFlight: () => most };
}

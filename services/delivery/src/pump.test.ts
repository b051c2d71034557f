import type { Priority } from '@fanfare/contracts';
import { createPriorityScheduler } from '@fanfare/domain';
import { expect } from 'chai';
import { createPump } from './pump.ts';

/** A gate with so many passes at hand; a test lets more in. */
function createTurnstile(passes: number) {
  let opened = Promise.withResolvers<void>();
  const gate = {
    passes,
    asked: [] as number[],
    givenBack: 0,
    tryPass: () => {
      if (gate.passes === 0) return null;
      gate.passes -= 1;
      return { giveBack: () => void (gate.givenBack += 1) };
    },
    whenOpen: (wanted: number) => {
      gate.asked.push(wanted);
      return opened.promise;
    },
    open: async (more: number) => {
      gate.passes += more;
      const { resolve } = opened;
      opened = Promise.withResolvers();
      resolve();
      await new Promise(setImmediate);
    },
  };
  return gate;
}

/** Entries that end when the test says so. */
function heldEntries(slots: number, gate = createTurnstile(Infinity)) {
  const started: string[] = [];
  const release = new Map<string, () => void>();
  const scheduler = createPriorityScheduler<string>({ slots, reservedForHigh: 0 });
  const pump = createPump<string, { giveBack: () => void }>({
    scheduler,
    gate,
    handle: (entry) => {
      started.push(entry);
      return new Promise((resolve) => release.set(entry, resolve));
    },
  });
  const push = (priority: Priority, ...entries: string[]) => {
    for (const entry of entries) pump.push(priority, entry);
  };
  const end = async (entry: string): Promise<void> => {
    release.get(entry)?.();
    await new Promise(setImmediate);
  };
  return { pump, push, started, end, gate };
}

describe('pump', () => {
  it('starts in order of arrival, at most so many at a time', async () => {
    const { push, started, end } = heldEntries(2);
    push('normal', 'a', 'b', 'c', 'd');
    expect(started).to.deep.equal(['a', 'b']);
    await end('b');
    expect(started).to.deep.equal(['a', 'b', 'c']);
    await end('a');
    expect(started).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('decides who is next when the gate opens, not when it was found shut', async () => {
    const { push, started, gate } = heldEntries(10, createTurnstile(0));
    push('low', 'bulk 1', 'bulk 2');
    push('high', 'code');
    expect(started).to.be.empty;
    // It was the turn of low when high came; the next one is not.
    await gate.open(2);
    expect(started).to.deep.equal(['bulk 1', 'code']);
    await gate.open(1);
    expect(started).to.deep.equal(['bulk 1', 'code', 'bulk 2']);
  });

  it('asks the gate once for all that wait', async () => {
    const { push, gate } = heldEntries(10, createTurnstile(0));
    push('low', 'a', 'b', 'c');
    expect(gate.asked).to.deep.equal([1]);
    await gate.open(1);
    expect(gate.asked).to.deep.equal([1, 2]);
  });

  it('gives every pass back when its entry has ended', async () => {
    const { push, end, gate } = heldEntries(1);
    push('low', 'a', 'b');
    await end('a');
    expect(gate.givenBack).to.equal(1);
    await end('b');
    expect(gate.givenBack).to.equal(2);
  });

  it('loses nothing over many entries, whatever the gate does', async () => {
    const seen: number[] = [];
    const gate = createTurnstile(0);
    const pump = createPump<number, { giveBack: () => void }>({
      scheduler: createPriorityScheduler({ slots: 7, reservedForHigh: 1 }),
      gate,
      handle: async (entry) => {
        await Promise.resolve();
        seen.push(entry);
      },
    });
    const entries = Array.from({ length: 10_000 }, (_, index) => index);
    for (const entry of entries) pump.push('normal', entry);
    while (seen.length < entries.length) await gate.open(1 + (seen.length % 97));
    expect(seen).to.deep.equal(entries);
  });

  it('stops when what it started has ended, and starts nothing after', async () => {
    const { pump, push, started, end } = heldEntries(1);
    push('high', 'a', 'b');
    let stopped = false;
    const stopping = pump.stop().then(() => (stopped = true));
    await new Promise(setImmediate);
    expect(stopped).to.equal(false);
    await end('a');
    await stopping;
    push('high', 'c');
    expect(started).to.deep.equal(['a']);
  });
});

import { expect } from 'chai';
import { createOutlet, type Wire } from './outlet.ts';

/** A socket that keeps everything until it is told to drain. */
function fakeWire() {
  const state = {
    buffered: [] as { text: string; onWritten: () => void }[],
    written: [] as string[],
    closed: 0,
  };
  const wire: Wire = {
    get bufferedAmount() {
      return state.buffered.reduce((sum, { text }) => sum + text.length, 0);
    },
    send: (text, onWritten) => void state.buffered.push({ text, onWritten }),
    close: (code) => void (state.closed = code),
  };
  const drain = (): void => {
    for (let frame = state.buffered.shift(); frame !== undefined; frame = state.buffered.shift()) {
      state.written.push(frame.text);
      frame.onWritten();
    }
  };
  return { wire, state, drain };
}

const fill = 'x'.repeat(64 * 1024);
const parsed = (written: string[]) => written.map((text) => JSON.parse(text) as { key: string; n: number });

describe('outlet', () => {
  it('sends at once while the client keeps up', () => {
    const { wire, state } = fakeWire();
    const outlet = createOutlet(wire, { stuckMs: 1_000 });
    outlet.send('a', { n: 1 });
    outlet.send('a', { n: 2 });
    expect(state.buffered.map(({ text }) => text)).to.deep.equal(['{"n":1}', '{"n":2}']);
    outlet.close();
  });

  it('bounds what waits, and sends a slow client the newest of each key in the end', () => {
    const { wire, state, drain } = fakeWire();
    const outlet = createOutlet(wire, { stuckMs: 60_000 });
    for (let n = 1; n <= 1_000; n += 1) outlet.send(`key-${n % 3}`, { key: `key-${n % 3}`, n, fill });
    expect(wire.bufferedAmount).to.be.below(6 * fill.length);
    drain();
    const last = new Map(parsed(state.written).map(({ key, n }) => [key, n]));
    expect(Object.fromEntries(last)).to.deep.equal({ 'key-0': 999, 'key-1': 1_000, 'key-2': 998 });
    expect(state.written.length).to.be.below(10);
    outlet.close();
  });

  it('closes a client that takes nothing', async () => {
    const { wire, state } = fakeWire();
    const closed = new Promise((resolve) => (wire.close = resolve));
    const outlet = createOutlet(wire, { stuckMs: 1 });
    for (let n = 1; n <= 10; n += 1) outlet.send('a', { n, fill });
    expect(await closed).to.equal(1013);
    const before = state.buffered.length;
    outlet.send('b', { n: 11 });
    expect(state.buffered).to.have.length(before);
  });

  it('closes a client that would have more notifications wait than it may subscribe to', () => {
    const { wire, state } = fakeWire();
    const outlet = createOutlet(wire, { stuckMs: 60_000 });
    for (let n = 1; n <= 10_020; n += 1) outlet.send(`key-${n}`, { n, fill: n < 6 ? fill : '' });
    expect(state.closed).to.equal(1013);
  });
});

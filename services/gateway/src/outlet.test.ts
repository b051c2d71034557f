import { expect } from 'chai';
import { createOutlet, type Wire } from './outlet.ts';

/** A socket that keeps everything until it is told to drain. */
function fakeWire() {
  const state = {
    buffered: [] as { frame: Buffer; onWritten: () => void }[],
    written: [] as Buffer[],
    closed: 0,
  };
  const wire: Wire = {
    get bufferedAmount() {
      return state.buffered.reduce((sum, { frame }) => sum + frame.length, 0);
    },
    send: (frame, onWritten) => void state.buffered.push({ frame, onWritten }),
    close: (code) => void (state.closed = code),
  };
  const drain = (): void => {
    for (let next = state.buffered.shift(); next !== undefined; next = state.buffered.shift()) {
      state.written.push(next.frame);
      next.onWritten();
    }
  };
  return { wire, state, drain };
}

const fill = 'x'.repeat(64 * 1024);
const bytesOf = (frame: object) => Buffer.from(JSON.stringify(frame));
const parsed = (frames: Buffer[]) =>
  frames.map((frame) => JSON.parse(frame.toString()) as { key: string; n: number });
const open = (wire: Wire, { stuckMs = 60_000, backlog = { bytes: 0 } } = {}) =>
  createOutlet(wire, { stuckMs, backlog });

describe('outlet', () => {
  it('sends at once while the client keeps up', () => {
    const { wire, state } = fakeWire();
    const outlet = open(wire);
    outlet.send('a', bytesOf({ n: 1 }));
    outlet.send('a', bytesOf({ n: 2 }));
    expect(state.buffered.map(({ frame }) => frame.toString())).to.deep.equal(['{"n":1}', '{"n":2}']);
    outlet.close();
  });

  it('bounds what waits, and sends a slow client the newest of each key in the end, in the order they came', () => {
    const { wire, state, drain } = fakeWire();
    const backlog = { bytes: 0 };
    const outlet = open(wire, { backlog });
    for (let n = 1; n <= 1_000; n += 1)
      outlet.send(`key-${n % 3}`, bytesOf({ key: `key-${n % 3}`, n, fill }));
    expect(wire.bufferedAmount).to.be.below(6 * fill.length);
    expect(backlog.bytes).to.be.within(3 * fill.length, 4 * fill.length);
    drain();
    expect(parsed(state.written.slice(-3)).map(({ n }) => n)).to.deep.equal([998, 999, 1_000]);
    expect(state.written.length).to.be.below(10);
    expect(backlog.bytes).to.equal(0);
    outlet.close();
  });

  it('closes a client that takes nothing, whether frames wait or somebody who has them', async () => {
    for (const wait of ['frames', 'somebody']) {
      const { wire, state } = fakeWire();
      const closed = new Promise((resolve) => (wire.close = resolve));
      const outlet = open(wire, { stuckMs: 1 });
      for (let n = 1; n <= (wait === 'frames' ? 10 : 4); n += 1) outlet.send('a', bytesOf({ n, fill }));
      await outlet.room();
      expect(await closed).to.equal(1013);
      const before = state.buffered.length;
      outlet.send('b', bytesOf({ n: 11 }));
      expect(state.buffered).to.have.length(before);
    }
  });

  it('tells when there is room', async () => {
    const { wire, state, drain } = fakeWire();
    const outlet = open(wire);
    await outlet.room();
    for (let n = 1; n <= 10; n += 1) outlet.send(`${n}`, bytesOf({ n, fill }));
    const room = outlet.room().then(() => state.written.length);
    drain();
    expect(await room).to.equal(10);
    outlet.close();
  });

  it('closes a client that has more wait than it could have subscribed to', () => {
    const { wire, state } = fakeWire();
    const outlet = open(wire);
    for (let n = 1; n <= 128; n += 1) outlet.send(`${n}`, bytesOf({ n, fill }));
    expect(state.closed).to.equal(0);
    for (let n = 129; n <= 140; n += 1) outlet.send(`${n}`, bytesOf({ n, fill }));
    expect(state.closed).to.equal(1013);
  });

  it('closes a slow client when all of them together have too much wait, and forgets what it had', () => {
    const backlog = { bytes: 128 * 1024 * 1024 - fill.length };
    const { wire, state } = fakeWire();
    const outlet = open(wire, { backlog });
    for (let n = 1; n <= 4; n += 1) outlet.send(`${n}`, bytesOf({ n, fill }));
    expect(state.closed).to.equal(0);
    for (let n = 5; n <= 8; n += 1) outlet.send(`${n}`, bytesOf({ n, fill }));
    expect(state.closed).to.equal(1013);
    expect(backlog.bytes).to.equal(128 * 1024 * 1024 - fill.length);
  });
});

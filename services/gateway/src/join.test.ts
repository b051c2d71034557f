import { expect } from 'chai';
import fc from 'fast-check';
import { stateOf } from './fixture.ts';
import { BEGUN, type Join, type Joined, onState, onTold } from './join.ts';
import type { Change, Told } from './told.ts';

const told = (version: number, id = 'a'): Told => ({ state: stateOf(id, version), place: null });
const read = (version: number) => ({ state: stateOf('a', version), offsets: new Map<number, number>() });
const changeAt = (partition: number, offset: number, offsets: [number, number][]): Change => ({
  ...told(10 * offset + 2, `${partition}`),
  partition,
  offset,
  place: { offsets: new Map(offsets), log: '', at: 0 },
});
const reading = (): Join => ({ begins: 'state', waiting: [] });
const joined = (join: Join, sent = new Map<string, number>()): Joined => ({
  join,
  sent,
  keepsVersions: true,
});

type Happening = { kind: 'change' | 'state'; version: number };

/** What a listener is sent when these things happen in this order; the state is read once. */
function play(happenings: Happening[]): number[] {
  const one = joined(reading());
  return happenings
    .flatMap(({ kind, version }) =>
      kind === 'state' ? onState(one, [read(version)], null) : onTold(one, told(version)),
    )
    .map(({ state }) => state.version);
}

const version = fc.nat({ max: 20 });
const changes = fc.array(
  version.map((one): Happening => ({ kind: 'change', version: one })),
  { maxLength: 30, size: 'max' },
);
const interleaving = fc
  .tuple(changes, version, changes)
  .map(([before, state, after]): Happening[] => [...before, { kind: 'state', version: state }, ...after]);

describe('join', () => {
  it('sends strictly rising versions up to the highest, however state and changes interleave', () => {
    fc.assert(
      fc.property(interleaving, (happenings) => {
        const sent = play(happenings);
        for (const [index, one] of sent.entries())
          if (index > 0) expect(one).to.be.above(sent[index - 1] ?? -1);
        expect(sent.at(-1)).to.equal(Math.max(...happenings.map((one) => one.version)));
      }),
    );
  });

  it('leaves out no change after the state, wherever in a log of changes the state was read', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(version, { minLength: 1 }),
        fc.nat(),
        fc.nat(),
        (versions, first, second) => {
          const log = versions.toSorted((a, b) => a - b);
          // The state holds the log up to `readAt`; it comes in after the changes up to `cameAt` were heard.
          const readAt = first % log.length;
          const cameAt = Math.max(readAt, second % log.length);
          const heard = log.map((one): Happening => ({ kind: 'change', version: one }));
          const state: Happening = { kind: 'state', version: log[readAt] ?? 0 };
          expect(play([...heard.slice(0, cameAt + 1), state, ...heard.slice(cameAt + 1)])).to.deep.equal(
            log.slice(readAt),
          );
        },
      ),
    );
  });

  it('sends the state first, and nothing before it', () => {
    const one = joined(reading());
    expect(onTold(one, told(3))).to.be.empty;
    expect(onState(one, [read(2)], null)).to.deep.equal([told(2), told(3)]);
  });

  it('sends a state that is asked for again, but no older one', () => {
    expect(onState(joined(reading(), new Map([['a', 5]])), [read(5)], null)).to.deep.equal([told(5)]);
    expect(onState(joined(reading(), new Map([['a', 5]])), [read(4)], null)).to.be.empty;
  });

  it('keeps the newest of each notification when too many changes wait', () => {
    const join = { begins: 'state' as const, waiting: [] as Told[] };
    const one = joined(join);
    for (let number = 0; number < 5_000; number += 1) onTold(one, told(number, number % 2 === 0 ? 'a' : 'b'));
    expect(join.waiting.length).to.be.at.most(1_000);
    const last = new Map(onState(one, [], null).map(({ state }) => [state.notification_id, state.version]));
    expect(Object.fromEntries(last)).to.deep.equal({ a: 4_998, b: 4_999 });
  });

  it('gives the last state the place up to which all of them were read, and passes over what lies before it', () => {
    const one = joined(reading());
    const heard = [
      changeAt(0, 5, [
        [0, 6],
        [1, 3],
      ]),
      changeAt(1, 3, [
        [0, 6],
        [1, 4],
      ]),
      changeAt(0, 6, [
        [0, 7],
        [1, 4],
      ]),
    ] as const;
    onTold(one, heard[0]);
    // The states were read when the log was projected up to 7 and 3.
    const offsets = new Map([
      [0, 7],
      [1, 3],
    ]);
    const states = ['0', '1'].map((id) => ({ state: stateOf(id, 1), offsets }));
    const now = {
      offsets: new Map([
        [0, 6],
        [1, 3],
      ]),
      log: '',
      at: 0,
    };
    const sent = [...onState(one, states, now), ...onTold(one, heard[1]), ...onTold(one, heard[2])];
    expect(sent.map(({ state, place }) => [state.version, place && [...place.offsets]])).to.deep.equal([
      [1, null],
      [
        1,
        [
          [0, 7],
          [1, 3],
        ],
      ],
      [
        32,
        [
          [0, 7],
          [1, 4],
        ],
      ],
    ]);
    expect(one.join).to.equal(BEGUN);
  });

  it('remembers nothing of a listener to everything, but what it was sent of an id besides', () => {
    const sent = new Map([['a', 5]]);
    const one: Joined = { join: BEGUN, sent, keepsVersions: false };
    expect([told(5), told(6), told(1, 'b')].flatMap((change) => onTold(one, change))).to.have.length(2);
    expect([...sent]).to.deep.equal([['a', 6]]);
  });
});

import { STATUSES } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  acceptedDelivery,
  allows,
  DELIVERY_STATES,
  type DeliveryState,
  isTerminal,
  statusOf,
  type Transition,
  TRANSITIONS,
  versionOf,
} from './states.ts';

type Row = { state: DeliveryState; cycle: number; fence: number };

const transitions = Object.keys(TRANSITIONS) as Transition[];
const anyState = fc.constantFrom(...DELIVERY_STATES);
const anyFence = fc.nat({ max: 89_999 });
const anyCycle = fc.nat({ max: 2_000 });
const anyRow: fc.Arbitrary<Row> = fc.record({ state: anyState, cycle: anyCycle, fence: anyFence });

function ways(state: DeliveryState): Transition[] {
  return transitions.filter((name) => allows(name, state));
}

/** What a transition does to what a version is made of. */
function after(row: Row, transition: Transition): Row {
  const isClaim = transition === 'claim' || transition === 'reclaim';
  return {
    state: TRANSITIONS[transition].to,
    cycle: row.cycle + (transition === 'redrive' ? 1 : 0),
    fence: row.fence + (isClaim ? 1 : 0),
  };
}

/** Goes on from `start` as the machine allows, each number choosing one of the transitions open at that point. */
function walk(start: Row, choices: number[]): { transition: Transition | null; row: Row }[] {
  const path: { transition: Transition | null; row: Row }[] = [{ transition: null, row: start }];
  for (const choice of choices) {
    const { row } = path.at(-1) ?? { row: start };
    const open = ways(row.state);
    const transition = open[choice % open.length];
    if (transition === undefined) break;
    path.push({ transition, row: after(row, transition) });
  }
  return path;
}

describe('the machine', () => {
  it('starts at scheduled or accepted, reaches every state, and leaves delivered never', () => {
    const reached = new Set<DeliveryState>(['scheduled', 'accepted']);
    for (const _ of DELIVERY_STATES)
      for (const name of transitions)
        if (DELIVERY_STATES.some((state) => reached.has(state) && allows(name, state)))
          reached.add(TRANSITIONS[name].to);
    expect([...reached]).to.have.members([...DELIVERY_STATES]);
    expect(ways('delivered')).to.deep.equal([]);
    const ends: DeliveryState[] = transitions.map((name) => TRANSITIONS[name].to);
    expect(ends).to.not.include('scheduled');
  });

  it('leaves a terminal state only for a redrive or a late delivery, and open ones for more', () => {
    for (const state of DELIVERY_STATES.filter(isTerminal))
      expect(['redrive', 'deliverLate'], state).to.include.members(ways(state));
    for (const state of DELIVERY_STATES.filter((name) => !isTerminal(name)))
      expect(ways(state), state).to.include.members(['expire']);
  });

  it('never cancels what may be in a provider’s hands', () => {
    expect(allows('cancel', 'processing')).to.equal(false);
    for (const state of DELIVERY_STATES.filter(isTerminal)) expect(allows('cancel', state)).to.equal(false);
  });

  it('tells clients one status for each state', () => {
    const told = DELIVERY_STATES.map(statusOf);
    expect(told).to.have.members([...STATUSES]);
    expect(statusOf('scheduled')).to.equal('pending');
    expect(statusOf('accepted')).to.equal('queued');
  });
});

describe('the version', () => {
  it('rises with every step of every path', () => {
    const starts = fc.constantFrom<DeliveryState>('scheduled', 'accepted');
    const choices = fc.array(fc.nat(), { maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(starts, choices, (state, steps) => {
        const path = walk({ state, cycle: 0, fence: 0 }, steps);
        const versions = path.map(({ row }) => versionOf(row));
        for (const [i, version] of versions.entries())
          if (i > 0) expect(version, path[i]?.transition ?? '').to.be.above(versions[i - 1] ?? NaN);
      }),
    );
  });

  it('of a redrive beats all that went before it', () => {
    fc.assert(
      fc.property(anyRow, anyRow, (before, redriven) => {
        const cycle = before.cycle + 1;
        expect(versionOf({ ...redriven, cycle })).to.be.above(versionOf(before));
      }),
    );
  });

  it('of an end beats every open state of its cycle, and delivered every other end', () => {
    fc.assert(
      fc.property(anyRow, anyRow, ({ cycle, ...one }, other) => {
        const [a, b] = [versionOf({ ...one, cycle }), versionOf({ ...other, cycle })];
        if (isTerminal(one.state) && !isTerminal(other.state)) expect(a).to.be.above(b);
        if (one.state === 'delivered' && other.state !== 'delivered') expect(a).to.be.above(b);
      }),
    );
  });

  it('never lets an open state beat an end, however often it was claimed', () => {
    for (const fence of [89_999, 90_000, 1_000_000])
      for (const state of DELIVERY_STATES.filter((name) => !isTerminal(name)))
        expect(versionOf({ state, cycle: 3, fence }), state).to.be.below(
          versionOf({ state: 'expired', cycle: 3, fence: 0 }),
        );
  });

  it('of a newer claim beats that of an older one, and is different for each state', () => {
    fc.assert(
      fc.property(anyCycle, fc.nat({ max: 89_998 }), (cycle, fence) => {
        const older = versionOf({ state: 'retrying', cycle, fence });
        expect(versionOf({ state: 'accepted', cycle, fence: fence + 1 })).to.be.above(older);
        const versions = DELIVERY_STATES.map((state) => versionOf({ state, cycle, fence }));
        expect(new Set(versions).size).to.equal(DELIVERY_STATES.length);
      }),
    );
  });

  it('fits into the four-byte integer that the log and the tables give it', () => {
    fc.assert(fc.property(anyRow, (row) => versionOf(row) <= 2 ** 31 - 1 && versionOf(row) >= 0));
  });

  it('is zero for what is only scheduled, as in a new row of the read model', () => {
    expect(versionOf({ state: 'scheduled', cycle: 0, fence: 0 })).to.equal(0);
    const limits = { max_attempts: 5, expires_at: null, delivery_mode: 'at_least_once' };
    expect(versionOf(acceptedDelivery({ id: 'x', ...limits }, 5))).to.equal(1);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type Join, onChange, onState, type Sent } from './join.ts';
import type { StatusUpdate } from './status-update.ts';

const update = (version: number, id = 'a'): StatusUpdate => ({
  notification_id: id,
  batch_id: null,
  channel: 'sms',
  priority: 'normal',
  status: 'processing',
  version,
  attempt: 1,
  max_attempts: 5,
  at: '2026-01-01T00:00:00.000Z',
  provider: null,
  provider_message_id: null,
  reason: null,
  next_retry_at: null,
  correlation_id: null,
});

type Happening = { kind: 'change' | 'state'; version: number };

/** What a listener is sent when these things happen in this order; the state is read once. */
function play(happenings: Happening[]): number[] {
  const join: Join = { waiting: [] };
  const sent: Sent = new Map();
  return happenings
    .flatMap(({ kind, version }) =>
      kind === 'state' ? onState(join, sent, [update(version)]) : onChange(join, sent, update(version)),
    )
    .map(({ version }) => version);
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
    const join: Join = { waiting: [] };
    const sent: Sent = new Map();
    expect(onChange(join, sent, update(3))).to.be.empty;
    expect(onState(join, sent, [update(2)])).to.deep.equal([update(2), update(3)]);
  });

  it('sends a state that is asked for again, but no older one', () => {
    const sent: Sent = new Map([['a', 5]]);
    expect(onState({ waiting: [] }, sent, [update(5)])).to.deep.equal([update(5)]);
    expect(onState({ waiting: [] }, sent, [update(4)])).to.be.empty;
  });

  it('keeps the newest of each notification when too many changes wait', () => {
    const join: Join = { waiting: [] };
    const sent: Sent = new Map();
    for (let one = 0; one < 5_000; one += 1) onChange(join, sent, update(one, one % 2 === 0 ? 'a' : 'b'));
    expect(join.waiting?.length).to.be.at.most(1_000);
    const last = new Map(onState(join, sent, []).map((one) => [one.notification_id, one.version]));
    expect(Object.fromEntries(last)).to.deep.equal({ a: 4_998, b: 4_999 });
  });
});

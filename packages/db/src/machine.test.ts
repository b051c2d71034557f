import { randomUUIDv7 } from 'node:crypto';
import { allows, DELIVERY_STATES, type DeliveryState, type Transition, TRANSITIONS } from '@fanfare/domain';
import { expect } from 'chai';
import {
  deadLetter,
  delivered,
  firstClaim,
  force,
  store,
  type TestDatabase,
  useDatabase,
} from './fixture.ts';
import {
  claim,
  deliverLate,
  giveUp,
  indexDeadLetters,
  redriveDeadLetters,
  releaseDue,
  settle,
} from './index.ts';

const LEASE_MS = 12_000;
const OVERDUE = `due_at = now() - interval '1 hour', lease_until = now() - interval '1 hour'`;

/**
 * How each transition is asked for, of a row that lacks nothing but perhaps the right state: fence 0, attempt 0,
 * overdue. A claim carries the fence and another attempt, a reclaim the attempt and another fence.
 */
const ASKED: Partial<Record<Transition, (test: TestDatabase, id: string) => Promise<unknown>>> = {
  release: ({ db }) => releaseDue(db, randomUUIDv7(), 100),
  claim: ({ db }, id) => claim(db, [firstClaim(id, { attempt: 1 })], LEASE_MS),
  reclaim: ({ db }, id) => claim(db, [firstClaim(id, { fence: 7, attempt: 0 })], LEASE_MS),
  deliver: ({ db }, id) => settle(db, [delivered(id, { fence: 0, state: 'delivered' })]),
  retry: ({ db }, id) => settle(db, [delivered(id, { fence: 0, state: 'retrying', delay_ms: 0 })]),
  redrive: async ({ db }, id) => {
    await indexDeadLetters(db, [deadLetter({ notification_id: id })]);
    await redriveDeadLetters(db, { channel: null, reason: null, after: null, before: null }, 1);
  },
  giveUp: ({ db }, id) => giveUp(db, { id, fence: 0, reason: 'MESSAGE_TOO_LARGE' }),
  fail: ({ db }, id) => settle(db, [delivered(id, { fence: 0, state: 'failed' })]),
  deliverLate: ({ db }, id) =>
    deliverLate(db, [{ id, provider: null, provider_message_id: null, duration_ms: null }]),
};

describe('the statements and the machine', () => {
  const test = useDatabase();

  const stateOf = async (id: string): Promise<string | undefined> =>
    (await test.sql<{ state: string }>('SELECT state FROM deliveries WHERE id = $1', [id]))[0]?.state;

  async function rowIn(state: DeliveryState): Promise<string> {
    const [id = ''] = await store(test.db, [{}]);
    await force(test, id, `state = '${state}', ${OVERDUE}`);
    return id;
  }

  for (const [name, ask] of Object.entries(ASKED))
    for (const state of DELIVERY_STATES) {
      const transition = name as Transition;
      const { to } = TRANSITIONS[transition];
      const after = allows(transition, state) ? to : state;
      it(`${transition} from ${state} leads to ${after}`, async () => {
        const id = await rowIn(state);
        await ask(test, id);
        expect(await stateOf(id)).to.equal(after);
      });
    }
});

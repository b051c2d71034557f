import { randomUUIDv7 } from 'node:crypto';
import { DELIVERY_STATES, TRANSITIONS, versionOf } from '@fanfare/domain';
import { expect } from 'chai';
import { cancel } from './cancel.ts';
import { claim } from './claim.ts';
import { expireOverdue } from './expire.ts';
import { firstClaim, force, store, useDatabase } from './fixture.ts';
import { getNotification } from './notifications.ts';
import { readPublishable, releaseDue, takeAbandoned } from './outbox.ts';

describe('cancelling and expiring', () => {
  const test = useDatabase();
  const one = async (draft = {}): Promise<string> => (await store(test.db, [draft]))[0] ?? '';
  const stateOf = async (id: string) => (await readPublishable(test.db, [id]))[0]?.delivery.state;

  for (const state of DELIVERY_STATES)
    it(`${TRANSITIONS.cancel.from.some((from) => from === state) ? 'cancels' : 'leaves'} what is ${state}`, async () => {
      const id = await one();
      await force(test, id, `state = '${state}'`);
      const isAllowed = TRANSITIONS.cancel.from.some((from) => from === state);
      expect(await cancel(test.db, id, randomUUIDv7())).to.include({ cancelled: isAllowed });
      expect(await stateOf(id)).to.equal(isAllowed ? 'cancelled' : state);
    });

  it('shows it and promises its event in the same transaction', async () => {
    const id = await one();
    const outboxId = randomUUIDv7();
    await cancel(test.db, id, outboxId);
    const shown = await getNotification(test.db, id);
    expect(shown).to.include({ status: 'cancelled', cancelled_at: shown?.updated_at });
    expect(await takeAbandoned(test.db, 1_000)).to.deep.include({ id: outboxId, notification_ids: [id] });
    const [row] = await test.sql('SELECT version FROM notifications WHERE id = $1', [id]);
    expect(row).to.deep.equal({ version: versionOf({ state: 'cancelled', cycle: 0, fence: 0 }) });
  });

  it('says nothing of the provider that was asked before', async () => {
    const id = await one();
    await claim(test.db, [firstClaim(id)], 60_000);
    await force(
      test,
      id,
      `state = 'retrying', provider = 'acme', provider_message_id = 'm', outcome = 'unknown', duration_ms = 7, reason = 'r'`,
    );
    await cancel(test.db, id, randomUUIDv7());
    const [row] = await readPublishable(test.db, [id]);
    expect(row?.delivery).to.include({ state: 'cancelled', attempt: 1, provider: null, duration_ms: null });
    expect(row?.delivery).to.include({ provider_message_id: null, outcome: null, reason: null });
  });

  it('knows no notification that was never accepted', async () => {
    expect(await cancel(test.db, randomUUIDv7(), randomUUIDv7())).to.equal(null);
  });

  it('is before a claim or after it, never both: 100 races', async () => {
    const other = test.connect(2);
    const ids = await store(
      test.db,
      Array.from({ length: 100 }, () => ({})),
    );
    await Promise.all(
      ids.map(async (id) => {
        const [cancellation, claims] = await Promise.all([
          cancel(test.db, id, randomUUIDv7()),
          claim(other, [firstClaim(id)], 60_000),
        ]);
        const isClaimed = claims.get(id)?.verdict === 'granted';
        expect(isClaimed).to.not.equal(cancellation?.cancelled);
      }),
    );
  });

  it('expires what nobody claimed in time, and nothing before', async () => {
    const soon = Date.now() + 300_000;
    const [overdue = '', later = '', claimed = ''] = await store(test.db, [
      { expires_at: soon },
      { expires_at: soon },
      { expires_at: soon },
    ]);
    await claim(test.db, [firstClaim(claimed)], 60_000);
    await force(test, overdue, 'due_at = now(), expires_at = now()');
    await force(test, claimed, 'expires_at = now()');
    const promised = await expireOverdue(test.db, randomUUIDv7(), 100);
    expect(promised?.notification_ids).to.deep.equal([overdue]);
    expect(await expireOverdue(test.db, randomUUIDv7(), 100)).to.equal(null);
    expect([await stateOf(overdue), await stateOf(later), await stateOf(claimed)]).to.deep.equal([
      'expired',
      'accepted',
      'processing',
    ]);
    expect(await getNotification(test.db, overdue)).to.include({ status: 'expired' });
  });

  it('expires what was scheduled, if it is released and then not claimed in time', async () => {
    const id = await one({ scheduled_at: Date.now() + 60_000, expires_at: Date.now() + 120_000 });
    await force(test, id, "due_at = now(), expires_at = now() + interval '1 millisecond'");
    await releaseDue(test.db, randomUUIDv7(), 10);
    await force(test, id, 'due_at = now()');
    expect((await expireOverdue(test.db, randomUUIDv7(), 10))?.notification_ids).to.deep.equal([id]);
  });
});

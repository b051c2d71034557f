import { randomUUIDv7 } from 'node:crypto';
import { DELIVERY_STATES } from '@fanfare/domain';
import { expect } from 'chai';
import { force, store, useDatabase } from './fixture.ts';
import { getNotification, readPublishable, releaseDue, reschedule } from './index.ts';

const HOUR_MS = 3_600_000;

describe('rescheduling', () => {
  const test = useDatabase();
  const soon = Date.now() + HOUR_MS;
  const one = async (draft = {}): Promise<string> =>
    (await store(test.db, [{ scheduled_at: soon, ...draft }]))[0] ?? '';
  const rowOf = async (id: string) => (await readPublishable(test.db, [id]))[0];

  it('moves the time of what is not due, earlier or later, as often as asked', async () => {
    const id = await one({ expires_at: soon + 10 * HOUR_MS });
    for (const at of [soon + HOUR_MS, soon - HOUR_MS / 2, soon + 9 * HOUR_MS]) {
      expect(await reschedule(test.db, id, at)).to.deep.equal({ verdict: 'rescheduled', status: 'pending' });
      const row = await rowOf(id);
      expect(row?.delivery).to.include({ state: 'scheduled', due_at: at });
      expect(row?.notification).to.include({ scheduled_at: at });
      expect(await getNotification(test.db, id)).to.include({ scheduled_at: new Date(at).toISOString() });
    }
  });

  it('releases it then, and expires it when it did before', async () => {
    const id = await one({ expires_at: soon + HOUR_MS });
    await reschedule(test.db, id, Date.now() - HOUR_MS);
    expect((await releaseDue(test.db, randomUUIDv7(), 10))?.notification_ids).to.deep.equal([id]);
    expect((await rowOf(id))?.delivery).to.include({ state: 'accepted', due_at: soon + HOUR_MS });
    const shown = await getNotification(test.db, id);
    expect(Date.parse(shown?.scheduled_at ?? '')).to.be.within(Date.now() - 60_000, Date.now());
  });

  it('leaves what would expire before', async () => {
    const id = await one({ expires_at: soon + HOUR_MS });
    for (const at of [soon + HOUR_MS, soon + 2 * HOUR_MS])
      expect(await reschedule(test.db, id, at)).to.include({ verdict: 'expires_before' });
    expect((await rowOf(id))?.delivery).to.include({ due_at: soon });
  });

  it('leaves what is due, released or not', async () => {
    const id = await one();
    await force(test, id, 'due_at = now()');
    expect(await reschedule(test.db, id, soon)).to.deep.equal({ verdict: 'too_late', status: 'pending' });
    for (const state of DELIVERY_STATES.filter((other) => other !== 'scheduled')) {
      await force(test, id, `state = '${state}', due_at = now() + interval '1 hour'`);
      expect(await reschedule(test.db, id, soon)).to.include({ verdict: 'too_late' });
    }
  });

  it('knows no notification that was never accepted', async () => {
    expect(await reschedule(test.db, randomUUIDv7(), soon)).to.equal(null);
  });

  it('is before a release or after it, never both: 50 races', async () => {
    const other = test.connect(1);
    for (let i = 0; i < 50; i += 1) {
      const id = await one();
      await force(test, id, `due_at = now() + interval '1 millisecond'`);
      const [moved, released] = await Promise.all([
        reschedule(test.db, id, soon + HOUR_MS),
        releaseDue(other, randomUUIDv7(), 100),
      ]);
      const isMoved = moved?.verdict === 'rescheduled';
      const state = (await rowOf(id))?.delivery.state;
      if (isMoved) expect(state).to.equal('scheduled');
      if (released?.notification_ids.includes(id) === true) expect(isMoved).to.equal(false);
      await test.sql('DELETE FROM deliveries WHERE id = $1', [id]);
    }
  });
});

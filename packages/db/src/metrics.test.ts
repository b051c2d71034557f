import { randomUUIDv7 } from 'node:crypto';
import { expect } from 'chai';
import { delivered, firstClaim, store, useDatabase } from './fixture.ts';
import { cancel, claim, countLastMinute, settle } from './index.ts';

describe('counts of the last minute', () => {
  const test = useDatabase();

  it('are of what was created and what ended in it, and of nothing before', async () => {
    const ids = await store(test.db, [
      ...Array.from({ length: 5 }, () => ({})),
      { channel: 'push' as const, recipient: 'token', priority: 'low' as const },
    ]);
    const [one = '', two = '', three = '', old = ''] = ids;
    await claim(
      test.db,
      [one, two, old].map((id) => firstClaim(id)),
      60_000,
    );
    await settle(test.db, [
      delivered(one),
      delivered(two, { state: 'failed', outcome: 'rejected', reason: 'HTTP 400' }),
      delivered(old),
    ]);
    await cancel(test.db, three, randomUUIDv7());
    await test.sql(`UPDATE deliveries SET at = now() - interval '61 seconds' WHERE id = $1`, [old]);
    await test.sql(`UPDATE notifications SET created_at = now() - interval '61 seconds' WHERE id = $1`, [
      old,
    ]);
    const { at, ...counts } = await countLastMinute(test.db);
    expect(counts).to.deep.equal({ created: 5, delivered: 1, failed: 1, cancelled: 1, expired: 0 });
    expect(at).to.be.within(Date.now() - 60_000, Date.now() + 60_000);
  });
});

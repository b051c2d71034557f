import { randomUUIDv7 } from 'node:crypto';
import { expect } from 'chai';
import { claim } from './claim.ts';
import { firstClaim, force, store, useDatabase } from './fixture.ts';
import { findStuck, stampRepublished } from './stuck.ts';

describe('looking for what is stuck', () => {
  const test = useDatabase();
  const LONG_AGO = "now() - interval '6 minutes'";
  const idsOf = async (from = 0): Promise<string[]> =>
    (await findStuck(test.db, from)).stuck.map(({ id }) => id);

  afterEach(() => test.sql('DELETE FROM deliveries'));

  it('finds each kind of open row that should have moved on, and no other', async () => {
    const [accepted = '', retrying = '', processing = '', ...others] = await store(
      test.db,
      Array.from({ length: 8 }, () => ({})),
    );
    await test.sql(`UPDATE deliveries SET at = ${LONG_AGO}`);
    await force(test, retrying, `state = 'retrying', due_at = ${LONG_AGO}`);
    await force(test, processing, `state = 'processing', lease_until = ${LONG_AGO}`);
    const [fresh = '', notYetDue = '', leased = '', delivered = '', scheduled = ''] = others;
    await force(test, fresh, 'at = now()');
    await force(test, notYetDue, "state = 'retrying', due_at = now() + interval '1 minute'");
    await force(test, leased, "state = 'processing', lease_until = now()");
    await force(test, delivered, "state = 'delivered'");
    await force(test, scheduled, "state = 'scheduled', due_at = now() + interval '1 day'");
    expect(await idsOf()).to.have.members([accepted, retrying, processing]);
  });

  it('leaves a row alone for minutes after it was published again', async () => {
    const [id = ''] = await store(test.db, [{}]);
    await force(test, id, `at = ${LONG_AGO}`);
    expect(await idsOf()).to.deep.equal([id]);
    await stampRepublished(test.db, [id]);
    expect(await idsOf()).to.be.empty;
    await force(test, id, `republished_at = ${LONG_AGO}`);
    expect(await idsOf()).to.deep.equal([id]);
  });

  it('says from where to look next without missing anything', async () => {
    const [open = '', ended = ''] = await store(test.db, [{}, {}]);
    await force(test, open, "at = now() - interval '20 minutes'");
    await force(test, ended, "at = now() - interval '30 minutes', state = 'delivered'");
    const { settledBefore } = await findStuck(test.db, 0);
    expect(settledBefore).to.be.within(Date.now() - 21 * 60_000, Date.now() - 19 * 60_000);
    expect(await idsOf(settledBefore)).to.deep.equal([open]);
    await force(test, open, "state = 'delivered'");
    expect((await findStuck(test.db, settledBefore)).settledBefore).to.be.within(
      Date.now() - 5.5 * 60_000,
      Date.now() - 4.5 * 60_000,
    );
  });

  it('gives a lost worker’s row a ticket that its new record can be claimed with', async () => {
    const [id = ''] = await store(test.db, [{}]);
    await claim(test.db, [firstClaim(id)], 60_000);
    await force(test, id, `lease_until = ${LONG_AGO}, at = ${LONG_AGO}`);
    expect(await idsOf()).to.deep.equal([id]);
    const claims = await claim(test.db, [firstClaim(id, { claimed_from: randomUUIDv7() })], 60_000);
    expect(claims.get(id)?.verdict).to.equal('granted');
  });
});

import { expect } from 'chai';
import { accepted, delivered, firstClaim, force, groupOf, shuffled, store, useDatabase } from './fixture.ts';
import { acceptGroup, claim, type Claim, type ClaimRequest, type Database, settle } from './index.ts';

const LEASE_MS = 12_000;
const HOUR_MS = 3_600_000;

describe('claiming an attempt', () => {
  const test = useDatabase();

  async function claimOne(request: ClaimRequest): Promise<Claim> {
    const found = (await claim(test.db, [request], LEASE_MS)).get(request.id);
    if (found === undefined) throw new Error('no row');
    return found;
  }

  /** A notification whose first attempt was claimed by a worker that never came back. */
  async function abandoned(draft = {}): Promise<string> {
    const [id = ''] = await store(test.db, [draft]);
    await claimOne(firstClaim(id));
    await leaseEnds(id);
    return id;
  }

  const leaseEnds = (id: string): Promise<void> =>
    force(test, id, `lease_until = now() - interval '1 millisecond'`);

  it('grants the first one: attempt, fence, lease, place', async () => {
    const [id = ''] = await store(test.db, [{}]);
    const { verdict, delivery } = await claimOne(firstClaim(id));
    expect(verdict).to.equal('granted');
    expect(delivery).to.include({ id, state: 'processing', cycle: 0, attempt: 1, fence: 1, due_at: null });
    expect(delivery).to.include({ duration_ms: null, provider: null, outcome: null, reason: null });
    expect(delivery.claimed_from).to.equal('notifications.sms.normal/0/1');
    expect(delivery.started_at).to.equal(delivery.at);
    expect(delivery.at).to.be.at.least(delivery.accepted_at);
    // The lease is kept to the microsecond, the moment of the claim to the millisecond.
    expect((delivery.lease_until ?? 0) - delivery.at).to.be.within(LEASE_MS, LEASE_MS + 1);
  });

  it('grants a retry its attempt, and clears what the last one left', async () => {
    const [id = ''] = await store(test.db, [{}]);
    await claimOne(firstClaim(id));
    const end = { state: 'retrying', delay_ms: 0, outcome: 'unavailable', reason: 'HTTP 503' } as const;
    await settle(test.db, [delivered(id, end)]);
    const { verdict, delivery } = await claimOne(firstClaim(id, { fence: 1, attempt: 2 }));
    expect(verdict).to.equal('granted');
    expect(delivery).to.include({ state: 'processing', attempt: 2, fence: 2, due_at: null, reason: null });
    expect(delivery).to.include({
      outcome: null,
      provider: null,
      provider_message_id: null,
      duration_ms: null,
    });
  });

  it('is refused to whoever does not carry what the row waits for', async () => {
    const [id = ''] = await store(test.db, [{}]);
    for (const wrong of [{ cycle: 1 }, { fence: 1 }]) {
      const { verdict, delivery } = await claimOne(firstClaim(id, { ...wrong, claimed_from: 'other/0/9' }));
      expect(verdict, JSON.stringify(wrong)).to.equal('refused');
      expect(delivery).to.include({ state: 'accepted', attempt: 0, fence: 0, claimed_from: null });
    }
    expect((await claimOne(firstClaim(id))).verdict).to.equal('granted');
  });

  it('is refused while another’s lease runs, and the row tells whose', async () => {
    const [id = ''] = await store(test.db, [{}]);
    const first = await claimOne(firstClaim(id));
    const { verdict, delivery } = await claimOne(firstClaim(id, { claimed_from: 'copy/0/9' }));
    expect({ verdict, delivery }).to.deep.equal({ verdict: 'refused', delivery: first.delivery });
  });

  for (const state of ['delivered', 'failed', 'cancelled', 'expired', 'scheduled'] as const)
    it(`is refused on what is ${state}, and changes nothing`, async () => {
      const [id = ''] = await store(test.db, [{}]);
      await force(test, id, `state = '${state}', lease_until = now() - interval '1 hour'`);
      const before = await test.sql('SELECT * FROM deliveries WHERE id = $1', [id]);
      expect(await claimOne(firstClaim(id))).to.have.property('verdict', 'refused');
      expect(await claimOne(firstClaim(id, { attempt: 0 }))).to.have.property('verdict', 'refused');
      expect(await test.sql('SELECT * FROM deliveries WHERE id = $1', [id])).to.deep.equal(before);
    });

  it('of an unknown id finds nothing', async () => {
    const stranger = accepted();
    expect(await claim(test.db, [firstClaim(stranger.id)], LEASE_MS)).to.deep.equal(new Map());
    expect(await claim(test.db, [], LEASE_MS)).to.deep.equal(new Map());
  });

  it('ends what has expired, without an attempt', async () => {
    const [id = '', inTime = ''] = await store(test.db, [
      { expires_at: Date.now() + HOUR_MS },
      { expires_at: Date.now() + HOUR_MS },
    ]);
    await force(test, id, 'expires_at = now()');
    const { verdict, delivery } = await claimOne(firstClaim(id));
    expect(verdict).to.equal('ended');
    expect(delivery).to.include({
      state: 'expired',
      attempt: 0,
      fence: 0,
      lease_until: null,
      started_at: null,
    });
    expect(delivery).to.include({ outcome: null, dead_letter_reason: null, reason: 'expires_at has passed' });
    expect(delivery.claimed_from, 'so that a repeat of the record tells it again').to.be.a('string');
    expect(await claimOne(firstClaim(inTime))).to.have.property('verdict', 'granted');
  });

  it('keeps when the last attempt was made of a retry that has expired', async () => {
    const [id = ''] = await store(test.db, [{ expires_at: Date.now() + HOUR_MS }]);
    const { delivery: first } = await claimOne(firstClaim(id));
    await settle(test.db, [delivered(id, { state: 'retrying', delay_ms: 0, outcome: 'unknown' })]);
    await force(test, id, 'expires_at = now()');
    const { delivery } = await claimOne(firstClaim(id, { fence: 1, attempt: 2 }));
    expect(delivery).to.include({ state: 'expired', attempt: 1, fence: 1, due_at: null });
    expect(delivery.started_at).to.equal(first.started_at);
  });

  it('takes over an attempt whose lease is over, three times, and then gives up', async () => {
    const id = await abandoned();
    for (const fence of [2, 3, 4]) {
      const { verdict, delivery } = await claimOne(firstClaim(id, { claimed_from: `t/0/${fence}` }));
      expect(verdict).to.equal('granted');
      expect(delivery).to.include({ state: 'processing', attempt: 1, fence, claimed_from: `t/0/${fence}` });
      expect(await claimOne(firstClaim(id))).to.have.property('verdict', 'refused');
      await leaseEnds(id);
    }
    const { verdict, delivery } = await claimOne(firstClaim(id));
    expect(verdict).to.equal('ended');
    expect(delivery).to.include({
      state: 'failed',
      attempt: 1,
      fence: 4,
      lease_until: null,
      outcome: 'unknown',
    });
    expect(delivery).to.include({ dead_letter_reason: 'worker_crash_loop' });
    expect(delivery.reason).to.be.a('string');
    expect(delivery.started_at).to.be.at.most(delivery.at);
  });

  it('counts takeovers of one attempt, not of a notification', async () => {
    const id = await abandoned();
    for (const fence of [2, 3, 4]) {
      await claimOne(firstClaim(id));
      if (fence < 4) await leaseEnds(id);
    }
    await settle(test.db, [
      delivered(id, { fence: 4, state: 'retrying', delay_ms: 0, outcome: 'unavailable' }),
    ]);
    await claimOne(firstClaim(id, { fence: 4, attempt: 2 }));
    await leaseEnds(id);
    expect(await claimOne(firstClaim(id, { attempt: 2 }))).to.have.property('verdict', 'granted');
  });

  it('does not take over another attempt, nor one of another cycle', async () => {
    const id = await abandoned();
    for (const wrong of [{ attempt: 2 }, { cycle: 1 }])
      expect(await claimOne(firstClaim(id, wrong)), JSON.stringify(wrong)).to.have.property(
        'verdict',
        'refused',
      );
    expect(await claimOne(firstClaim(id))).to.have.property('verdict', 'granted');
  });

  for (const [why, draft] of [
    ['that may be sent once only', { delivery_mode: 'at_most_once' }],
    ['that has expired meanwhile', { expires_at: Date.now() + HOUR_MS }],
  ] as const)
    it(`does not take over one ${why}: whether it was sent is not known`, async () => {
      const id = await abandoned(draft);
      if ('expires_at' in draft) await force(test, id, 'expires_at = now()');
      const { verdict, delivery } = await claimOne(firstClaim(id));
      expect(verdict).to.equal('ended');
      expect(delivery).to.include({ state: 'failed', fence: 1, outcome: 'unknown', lease_until: null });
      expect(delivery).to.include({ dead_letter_reason: 'unknown_outcome' });
    });

  it('judges each row of a group by itself', async () => {
    const [open = '', leased = '', ended = ''] = await store(test.db, [{}, {}, {}]);
    await claimOne(firstClaim(leased));
    await force(test, ended, `state = 'cancelled'`);
    const stranger = accepted().id;
    const found = await claim(
      test.db,
      [stranger, ended, leased, open].map((id) => firstClaim(id)),
      LEASE_MS,
    );
    const verdicts = [...found].map(([id, { verdict }]) => [id, verdict]);
    expect(verdicts).to.have.deep.members([
      [open, 'granted'],
      [leased, 'refused'],
      [ended, 'refused'],
    ]);
  });

  it('grants each attempt once, however many ask at once in whatever order, without a deadlock', async () => {
    const round = async (db: Database, seed: number): Promise<void> => {
      const ids = await store(
        test.db,
        Array.from({ length: 40 }, () => ({})),
      );
      const claims = await Promise.all(
        Array.from({ length: 50 }, (_, i) => {
          const group = shuffled(ids, seed + i).slice(0, 25);
          return claim(
            db,
            group.map((id) => firstClaim(id, { claimed_from: `worker/${i}/0` })),
            LEASE_MS,
          );
        }),
      );
      const found = claims.flatMap((group) => [...group.values()]);
      const granted = found.filter(({ verdict }) => verdict === 'granted');
      expect(granted.map(({ delivery }) => delivery.id)).to.have.members(ids);
      for (const { delivery } of found) expect(delivery).to.include({ state: 'processing', fence: 1 });
    };
    const deadlocks = await test.deadlocksOf(20, async (db) => {
      for (const seed of [0, 50, 100, 150]) await round(db, seed);
    });
    expect(deadlocks).to.equal(0);
  });

  it('lets takeovers race without a second winner', async () => {
    const pools = Array.from({ length: 4 }, () => test.connect(5));
    const ids = await store(
      test.db,
      Array.from({ length: 30 }, () => ({})),
    );
    await claim(
      test.db,
      ids.map((id) => firstClaim(id)),
      0,
    );
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        claim(
          pools[i % 4] ?? test.db,
          shuffled(ids, i).map((id) => firstClaim(id)),
          LEASE_MS,
        ),
      ),
    );
    const granted = claims.flatMap((found) =>
      [...found.values()].filter(({ verdict }) => verdict === 'granted'),
    );
    expect(granted.map(({ delivery }) => delivery.id)).to.have.members(ids);
    expect(granted.every(({ delivery }) => delivery.fence === 2)).to.equal(true);
  });

  it('works for what was adopted as for what was accepted', async () => {
    const foreign = accepted();
    await acceptGroup(test.db, groupOf([foreign]));
    const { delivery } = await claimOne(firstClaim(foreign.id));
    expect(delivery).to.include({ id: foreign.id, delivery_mode: 'at_least_once', max_attempts: 5 });
  });
});

import { statusOf, versionOf } from '@fanfare/domain';
import { expect } from 'chai';
import { balance, isBalanced, type Ledger } from './balance.ts';
import type { Call, Event, Evidence, FaultRecord, Row, Wanted } from './evidence.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const START = Date.UTC(2030, 0, 1);

describe('the ledger of a chaos run', () => {
  it('balances when every witness says the same', () => {
    expect(brokenRules(balance(delivered()))).to.deep.equal([]);
    expect(isBalanced(balance(delivered()))).to.equal(true);
  });

  describe('does not balance when', () => {
    it('one that was accepted has no row', () => {
      const lost = { ...delivered(), rows: [], events: [], traced: new Map(), calls: [] };
      expect(brokenRules(balance(lost))).to.deep.equal(['accepted and lost']);
    });

    it('a member of an accepted batch was never stored', () => {
      const evidence = delivered();
      evidence.wanted.push(wanted({ id: null, door: 'batch' }));
      expect(brokenRules(balance(evidence))).to.deep.equal(['accepted and without an id']);
    });

    it('one that was refused is stored, or one that nobody asked for', () => {
      const refused = { ...delivered(), wanted: [wanted({ answer: 'refused' })] };
      expect(brokenRules(balance(refused))).to.deep.equal(['refused and yet stored']);
      expect(brokenRules(balance({ ...delivered(), wanted: [] }))).to.deep.equal([
        'stored and never asked for',
      ]);
    });

    it('one has not ended', () => {
      const evidence = told({ state: 'accepted', fence: 0, attempt: 0 }, [event('queued', 0)]);
      expect(brokenRules(balance(evidence))).to.deep.equal(['not ended']);
    });

    it('it is said to be delivered, and the provider never took it', () => {
      expect(brokenRules(balance({ ...delivered(), calls: [] }))).to.deep.equal(['ended without a reason']);
    });

    it('it was cancelled by nobody, or expired without a time to expire at', () => {
      for (const state of ['cancelled', 'expired'] as const)
        expect(brokenRules(balance(told({ state, fence: 0 }, [event(state, 0)])))).to.deep.equal([
          'ended without a reason',
        ]);
    });

    it('clients or the topic say something else than the truth', () => {
      const shown = delivered();
      shown.rows = shown.rows.map((row) => ({ ...row, status: 'processing', version: 12 }));
      expect(brokenRules(balance(shown))).to.deep.equal(['told otherwise to clients']);
      const silent = delivered();
      silent.events.pop();
      silent.traced.get(ID)?.pop();
      expect(brokenRules(balance(silent))).to.deep.equal(['told otherwise by the topic']);
      const twofold = delivered();
      twofold.events.push({ ...event('delivered', 1), at: START + 999 });
      expect(brokenRules(balance(twofold))).to.deep.equal(['told otherwise by the topic']);
    });

    it('a trace lacks an event, or has it twice', () => {
      for (const versions of [[12], [1, 12, 12, 900_007]])
        expect(brokenRules(balance({ ...delivered(), traced: new Map([[ID, versions]]) }))).to.deep.equal([
          'trace unlike the topic',
        ]);
    });

    it('it was called after its cancel was answered', () => {
      const evidence = told({ state: 'cancelled', fence: 1 }, [event('cancelled', 1)]);
      evidence.cancels.push({ id: ID, answeredAt: START + 50, answer: 'cancelled' });
      evidence.calls.push(call(40, 'failed'));
      expect(brokenRules(balance(evidence))).to.deep.equal([]);
      evidence.calls = [call(60, 'failed')];
      expect(brokenRules(balance(evidence))).to.deep.equal(['called after a cancel']);
    });

    it('a cancel that was answered did not end it', () => {
      const evidence = told({ state: 'expired', fence: 0, expires_at: START + 10 }, [event('expired', 0)]);
      evidence.cancels.push({ id: ID, answeredAt: START + 50, answer: 'cancelled' });
      expect(brokenRules(balance(evidence))).to.deep.equal(['cancelled in vain']);
    });

    it('there were more attempts than allowed, or more calls than claims', () => {
      const attempts = delivered();
      attempts.rows = attempts.rows.map((row) => ({ ...row, attempt: 6 }));
      expect(brokenRules(balance(attempts))).to.deep.equal(['more attempts than allowed']);
      const calls = delivered();
      calls.calls.unshift(call(5, 'failed'));
      expect(brokenRules(balance(calls))).to.deep.equal(['more calls than claims']);
    });

    it('it was sent before its time, scheduled or retried', () => {
      const scheduled = { ...delivered(), wanted: [wanted({ scheduledAt: START + 21 })] };
      expect(brokenRules(balance(scheduled))).to.deep.equal(['sent before its time']);
      const retried = retriedOnce({ at: START + 30, next_retry_at: START + 100 }, call(99, 'accepted'));
      expect(brokenRules(balance(retried))).to.deep.equal(['sent before its time']);
      const inTime = retriedOnce({ at: START + 30, next_retry_at: START + 100 }, call(100, 'accepted'));
      expect(brokenRules(balance(inTime))).to.deep.equal([]);
    });

    it('a dead letter is missing, has another reason, or should not be there', () => {
      const failed = told({ state: 'failed', dead_letter_reason: 'rejected' }, [event('failed', 1)]);
      failed.calls.push(call(20, 'rejected'));
      expect(brokenRules(balance(failed))).to.deep.equal(['dead letter missing or wrong']);
      const letters = [{ key: ID, reason: 'rejected', cycle: 0 }];
      expect(brokenRules(balance({ ...failed, letters, lettersIndexed: 1 }))).to.deep.equal([]);
      const other = [{ key: ID, reason: 'unknown_outcome', cycle: 0 }];
      expect(brokenRules(balance({ ...failed, letters: other, lettersIndexed: 1 }))).to.deep.equal([
        'dead letter missing or wrong',
      ]);
      expect(brokenRules(balance({ ...delivered(), letters, lettersIndexed: 1 }))).to.deep.equal([
        'dead letter missing or wrong',
      ]);
    });

    it('another content under the same id left no letter, or a letter without one is there', () => {
      const conflict = { ...delivered(), wanted: [wanted({ conflict: 'both' })] };
      expect(brokenRules(balance(conflict))).to.deep.equal(['dead letter missing or wrong']);
      const letters = [{ key: ID, reason: 'id_conflict', cycle: 0 }];
      expect(brokenRules(balance({ ...conflict, letters, lettersIndexed: 1 }))).to.deep.equal([]);
      expect(brokenRules(balance({ ...delivered(), letters, lettersIndexed: 1 }))).to.deep.equal([
        'dead letter missing or wrong',
      ]);
      const late = [{ key: ID, reason: 'invalid', cycle: 0 }];
      const expiring = { ...delivered(), wanted: [wanted({ conflict: 'both', expiresAt: 1_000 })] };
      expect(brokenRules(balance({ ...expiring, letters: late, lettersIndexed: 1 }))).to.deep.equal([]);
      expect(brokenRules(balance({ ...conflict, letters: late, lettersIndexed: 1 }))).to.deep.equal([
        'dead letter missing or wrong',
      ]);
    });

    it('an unusable record, a letter in the index, or a reset are not as they should be', () => {
      const unusable = [{ key: 'k', reason: 'invalid' as const, isAcknowledged: true }];
      expect(brokenRules(balance({ ...delivered(), unusable }))).to.deep.equal([
        'unusable record without its letter',
      ]);
      const letters = [{ key: 'k', reason: 'invalid', cycle: 0 }];
      expect(brokenRules(balance({ ...delivered(), unusable, letters }))).to.deep.equal([
        'dead letters not in the index',
      ]);
      expect(brokenRules(balance({ ...delivered(), callsAfterReset: 1 }))).to.deep.equal([
        'sent again when read from the start',
      ]);
    });

    it('the projection differs from its log', () => {
      expect(brokenRules(balance({ ...delivered(), projectionDiffers: '1 behind' }))).to.deep.equal([
        'projection check finds a difference',
      ]);
    });

    it('something happened that nobody planned', () => {
      expect(brokenRules(balance({ ...delivered(), incidents: ['ingest ended by itself'] }))).to.deep.equal([
        'what nobody planned',
      ]);
    });
  });

  describe('counts a duplicate', () => {
    it('and finds no reason for it where there is none', () => {
      expect(brokenRules(balance(twice()))).to.deep.equal(['duplicate without a reason']);
    });

    it('as explained by an answer that was lost, if it was that attempt’s', () => {
      const lost = retriedOnce({ at: START + 2_020, outcome: 'unknown' }, call(3_100, 'accepted'));
      lost.calls[0] = call(20, 'accepted');
      expect(brokenRules(balance(lost))).to.deep.equal([]);
      expect(countOf(balance(lost), 'duplicates: the answer was lost')).to.equal(1);
      const answered = retriedOnce({ at: START + 30, outcome: 'unavailable' }, call(3_100, 'accepted'));
      answered.calls[0] = call(20, 'accepted');
      expect(brokenRules(balance(answered))).to.deep.equal(['duplicate without a reason']);
    });

    it('as explained by a worker killed or frozen between the first call and its settlement', () => {
      for (const kind of ['delivery', 'freeze'] as const)
        expect(brokenRules(balance(twice(fault(kind, 30))))).to.deep.equal([]);
    });

    it('not by a kill before the call, after the next one, or of another service', () => {
      for (const other of [fault('delivery', -900), fault('delivery', 7_000), fault('ingest', 30)])
        expect(brokenRules(balance(twice(other)))).to.include('duplicate without a reason');
    });

    it('not by a kill after the call was settled', () => {
      const evidence = twice(fault('delivery', 3_000));
      evidence.events.push({ ...event('retrying', 1), at: START + 40 });
      evidence.traced.get(ID)?.push(13);
      expect(brokenRules(balance(evidence))).to.deep.equal(['duplicate without a reason']);
    });

    it('never as explained where it may be sent at most once', () => {
      const evidence = twice(fault('delivery', 30));
      evidence.rows = evidence.rows.map((row) => ({ ...row, delivery_mode: 'at_most_once' }));
      expect(brokenRules(balance(evidence))).to.deep.equal(['sent twice though at most once']);
    });
  });

  it('finds a call that was accepted, and is not said to be', () => {
    const evidence = told({ state: 'failed', dead_letter_reason: 'attempts_exhausted', attempt: 5 }, [
      event('failed', 1),
    ]);
    evidence.calls.push(call(20, 'accepted'));
    evidence.letters.push({ key: ID, reason: 'attempts_exhausted', cycle: 0 });
    evidence.lettersIndexed = 1;
    expect(brokenRules(balance(evidence))).to.deep.equal(['sent and not said to be']);
  });

  describe('measures how soon sending goes on after a kill', () => {
    it('by the longest gap', () => {
      const evidence = delivered();
      evidence.faults.push(fault('delivery', 1_000));
      evidence.calls.push(
        ...[1_100, 9_000, 17_500].map((at) => ({ ...call(at, 'accepted'), id: `of ${at}` })),
      );
      const { recoveries } = balance(evidence);
      expect(recoveries.map(({ gapMs }) => gapMs)).to.deep.equal([8_000]);
    });

    it('by the last that waited for it', () => {
      const evidence = delivered();
      evidence.faults.push(fault('delivery', -500));
      evidence.wanted = [wanted({ readyAt: START - 600 })];
      expect(balance(evidence).recoveries.map(({ resumedMs }) => resumedMs)).to.deep.equal([520]);
      evidence.calls = [call(15_600, 'accepted')];
      evidence.events = [event('queued', 0), event('processing', 1), event('delivered', 1)].map((one) => ({
        ...one,
        at: one.at + 15_590,
        started_at: START + 15_590,
      }));
      expect(brokenRules(balance(evidence))).to.deep.equal(['sending again too late after a kill']);
    });
  });
});

function brokenRules(ledger: Ledger): string[] {
  return ledger.rules.filter(({ breaches }) => breaches.length > 0).map(({ name }) => name);
}

function countOf(ledger: Ledger, what: string): number | undefined {
  return ledger.counts.find((count) => count.what === what)?.value;
}

/** One notification, sent at the first attempt. */
function delivered(): Evidence {
  const evidence = told({}, [event('queued', 0), event('processing', 1), event('delivered', 1)]);
  evidence.calls.push(call(20, 'accepted'));
  return evidence;
}

/** Called twice, and accepted both times. */
function twice(...faults: FaultRecord[]): Evidence {
  const again = [event('queued', 0), event('processing', 2), event('delivered', 2)];
  const evidence = told({ fence: 2 }, again.map(laterBy(6_000)));
  evidence.calls.push(call(20, 'accepted'), call(6_020, 'accepted'));
  evidence.faults.push(...faults);
  return evidence;
}

function laterBy(ms: number): (one: Event) => Event {
  return (one) => ({ ...one, at: one.at + ms, started_at: (one.started_at ?? 0) + ms });
}

/** Failed once, and then called again. */
function retriedOnce(retrying: Partial<Event>, second: Call): Evidence {
  const evidence = told({ fence: 2, attempt: 2 }, [
    event('queued', 0),
    event('processing', 1),
    { ...event('retrying', 1), ...retrying },
    ...[event('processing', 2), event('delivered', 2)].map(laterBy(second.at - START - 10)),
  ]);
  evidence.calls.push(call(20, 'failed'), second);
  return evidence;
}

/** What all witnesses say of a row in this state. */
function told(row: Partial<Row>, events: Event[]): Evidence {
  const full: Row = {
    id: ID,
    correlation_id: 'ref',
    state: 'delivered',
    cycle: 0,
    fence: 1,
    attempt: 1,
    max_attempts: 5,
    delivery_mode: 'at_least_once',
    expires_at: null,
    dead_letter_reason: null,
    status: null,
    version: null,
    ...row,
  };
  return {
    wanted: [wanted({})],
    unusable: [],
    cancels: [],
    faults: [],
    calls: [],
    events,
    letters: [],
    rows: [{ ...full, status: statusOf(full.state), version: versionOf(full) }],
    traced: new Map([[ID, events.map(({ version }) => version)]]),
    lettersIndexed: 0,
    projectionDiffers: null,
    callsAfterReset: 0,
    incidents: [],
  };
}

function wanted(fields: Partial<Wanted>): Wanted {
  return {
    ref: 'ref',
    id: ID,
    door: 'rest',
    answer: 'accepted',
    scheduledAt: null,
    expiresAt: null,
    readyAt: null,
    conflict: null,
    ...fields,
  };
}

/** Claimed 10 ms after the start, settled 20 ms later. */
function event(status: Event['status'], fence: number): Event {
  const state = status === 'queued' ? 'accepted' : status === 'pending' ? 'scheduled' : status;
  return {
    id: ID,
    status,
    version: versionOf({ state, cycle: 0, fence }),
    cycle: 0,
    attempt: fence,
    max_attempts: 5,
    at: START + (fence === 0 ? 0 : status === 'processing' ? 10 : 30),
    started_at: fence === 0 ? null : START + 10,
    outcome: null,
    next_retry_at: null,
  };
}

function call(afterMs: number, answer: Call['answer']): Call {
  return { id: ID, cycle: 0, at: START + afterMs, answer };
}

function fault(kind: FaultRecord['kind'], afterMs: number): FaultRecord {
  const at = START + afterMs;
  return {
    kind,
    target: `${kind}-1`,
    at,
    liftedAt: at + (kind === 'freeze' ? 9_000 : 0),
    overAt: at + 9_000,
  };
}

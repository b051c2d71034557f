import type { Difference, DifferenceKind, LoggedEvent } from '@fanfare/db';
import { eventOf } from '@fanfare/db/fixture';
import type { PartitionRange } from '@fanfare/kafka';
import { expect } from 'chai';
import { createFindings } from './projection-findings.ts';
import { type Fold, foldAgain, type FoldDeps } from './projection-fold.ts';
import { findingsTable, foldJson, mendedOf, summaryOf } from './projection-report.ts';

const AT = Date.parse('2030-01-31T09:00:00Z');
const FOLD: Fold = { events: 0, unreadable: 0, refused: 0, unprojected: 0, isCut: false, findings: [] };

function loggedEvent(id: string, version: number, offset = 0): LoggedEvent {
  const status = version > 900_000 ? 'delivered' : 'processing';
  const event = eventOf(id, status, version, { at: AT + version, priority: 'high', attempt: 1 });
  return { ...event, log_partition: 0, log_offset: offset };
}

/** A difference of a row that shows this version. */
function differenceOf(kind: DifferenceKind, shown: number): Difference {
  return { kind, here: { version: shown, status: 'failed' }, log: { version: 12, status: 'processing' } };
}

const untraced: Difference = { kind: 'untraced', here: null, log: { version: 12 } };
const kindsOf = (all: readonly { kind: string }[]): string[] => all.map(({ kind }) => kind);

describe('findings of a projection check', () => {
  it('are what the newest event says of a state, in whatever order events come', () => {
    const events: [LoggedEvent, Difference[]][] = [
      [loggedEvent('a', 1), [differenceOf('ahead', 12)]],
      [loggedEvent('a', 12), []],
      [loggedEvent('a', 900_007), [differenceOf('behind', 12)]],
    ];
    for (const order of [events, events.toReversed()]) {
      const findings = createFindings();
      for (const [event, differences] of order) findings.add(event, differences);
      expect(findings.all()).to.deep.equal([
        { ...differenceOf('behind', 12), event: loggedEvent('a', 900_007) },
      ]);
    }
  });

  it('are none when a later event is as it should be', () => {
    const findings = createFindings();
    findings.add(loggedEvent('a', 1), [differenceOf('ahead', 12)]);
    expect(findings.ahead()).to.deep.equal(['a']);
    findings.add(loggedEvent('a', 12), []);
    expect(findings.all()).to.deep.equal([]);
  });

  it('count a row of the trace once, from the first of its records', () => {
    const findings = createFindings();
    findings.add(loggedEvent('a', 12, 3), [untraced]);
    findings.add(loggedEvent('a', 12, 9), [untraced]);
    expect(findings.all()).to.deep.equal([{ ...untraced, event: loggedEvent('a', 12, 3) }]);
  });

  it('call no state ahead of the log only because the trace has lost its row', () => {
    const findings = createFindings();
    findings.add(loggedEvent('a', 900_007), [untraced]);
    findings.add(loggedEvent('a', 12), [differenceOf('ahead', 900_007)]);
    expect(findings.ahead()).to.deep.equal([]);
    expect(kindsOf(findings.all())).to.deep.equal(['untraced']);
  });

  it('come to an end', () => {
    const findings = createFindings(2);
    findings.add(loggedEvent('a', 12), [untraced]);
    expect(findings.isFull()).to.equal(false);
    findings.add(loggedEvent('b', 12), [untraced]);
    expect(findings.isFull()).to.equal(true);
  });
});

const ranges = (...highs: number[]): PartitionRange[] =>
  highs.map((high, partition) => ({ partition, low: 0, high }));
const ahead = () => Promise.resolve([[differenceOf('ahead', 900_005)]]);
const shows = (version: number): Map<string, number> => new Map([['a', version]]);

describe('folding the status log again', () => {
  const told: number[] = [];
  beforeEach(() => told.splice(0));

  /** On a log of one event of one notification; time passes by half a minute at each look at the clock. */
  function fold(deps: Partial<FoldDeps>): Promise<Fold> {
    let nowMs = 0;
    return foldAgain({
      ends: () => Promise.resolve(ranges(1)),
      positions: () => Promise.resolve(new Map([[0, 1]])),
      read: (parts, onEvents) =>
        parts.some(({ low, high }) => low < high)
          ? onEvents({ events: [loggedEvent('a', 1)], unreadable: 0 })
          : Promise.resolve(),
      compare: (events) => Promise.resolve(events.map(() => [])),
      findAhead: () => Promise.resolve(new Map()),
      onBehind: (records) => told.push(records),
      onProgress: () => undefined,
      now: () => (nowMs += 20_000),
      signal: new AbortController().signal,
      ...deps,
    });
  }

  it('compares what the projector has passed, and waits for the rest no longer than it said', async () => {
    const { events, unprojected } = await fold({
      ends: () => Promise.resolve(ranges(1, 7)),
      positions: () => Promise.resolve(new Map([[1, 3]])),
    });
    expect({ events, unprojected, told }).to.deep.equal({ events: 1, unprojected: 5, told: [5] });
  });

  it('counts what Postgres refuses, and what holds no event', async () => {
    const folded = await fold({
      read: (_, onEvents) => onEvents({ events: [loggedEvent('a', 1), loggedEvent('b', 1)], unreadable: 3 }),
      compare: () => Promise.resolve([null, [untraced]]),
    });
    expect(folded).to.deep.include({ events: 2, unreadable: 3, refused: 1 });
    expect(kindsOf(folded.findings)).to.deep.equal(['untraced']);
  });

  it('ends when there is too much to find', async () => {
    const crowd = Array.from({ length: 20_000 }, (_, i) => loggedEvent(String(i), 12));
    let isAborted = false;
    const folded = await fold({
      read: async (_, onEvents, signal) => {
        await onEvents({ events: crowd, unreadable: 0 });
        isAborted = signal.aborted;
      },
      compare: (events) => Promise.resolve(events.map(() => [untraced])),
    });
    expect([folded.isCut, isAborted, folded.findings.length]).to.deep.equal([true, true, 20_000]);
  });

  const CASES: [what: string, answers: Map<string, number>[], found: string[]][] = [
    ['promised', [new Map(), shows(900_005)], []],
    ['told meanwhile', [shows(900_005), new Map()], []],
    ['gone on to another state meanwhile', [shows(900_005), shows(1_000_001)], []],
    ['neither', [shows(900_005), shows(900_005)], ['ahead']],
  ];
  for (const [what, answers, found] of CASES)
    it(`takes a state ahead of the log for ${found.length === 0 ? 'no' : 'a'} difference: ${what}`, async () => {
      const { findings } = await fold({
        compare: ahead,
        findAhead: () => Promise.resolve(answers.shift() ?? new Map()),
      });
      expect(kindsOf(findings)).to.deep.equal(found);
      expect(answers).to.deep.equal([]);
    });

  it('says nothing of a state ahead while the projector has not come to what may tell it', async () => {
    let asked = 0;
    const { findings } = await fold({
      ends: () => Promise.resolve(ranges((asked += 1))),
      compare: ahead,
      findAhead: () => Promise.resolve(shows(900_005)),
    });
    expect([asked, findings]).to.deep.equal([2, []]);
  });
});

describe('the report of a projection check', () => {
  const findings = [
    { ...untraced, event: loggedEvent('a', 12, 42) },
    { ...differenceOf('differs', 12), event: loggedEvent('b', 12) },
  ];

  it('names what differs', () => {
    expect(findingsTable(findings, null).split('\n')).to.deep.equal([
      'DIFFERENCE  NOTIFICATION  VERSION  STATUS      HERE, AND WHAT THE LOG SAYS',
      'untraced    a             12       processing  none; log: partition 0, offset 42',
      'differs     b             12       processing  status: failed, log: processing',
    ]);
  });

  it('counts, and says what was not compared', () => {
    expect(summaryOf({ ...FOLD, events: 12_345 })).to.equal('12,345 events compared: no difference.');
    expect(
      summaryOf({ ...FOLD, events: 2, findings, unprojected: 3, unreadable: 4, refused: 1, isCut: true }),
    ).to.equal(
      [
        '2 events compared: 2 differences (1 untraced, 1 differs).',
        'That is as many as are looked for at once: the rest of the log was not compared.',
        'Not compared: 3 records that the projector has yet to come to.',
        'Passed over: 4 records without an event.',
        'Passed over: 1 event that Postgres refuses.',
      ].join('\n'),
    );
  });

  it('says what was mended', () => {
    const mended = { states: 1, traces: 2_000, left: [] };
    expect(mendedOf(mended, FOLD)).to.equal(
      'Written again: 1 state, 2,000 trace rows. Nothing of it is left.',
    );
    expect(mendedOf({ ...mended, left: findings.slice(1) }, { ...FOLD, isCut: true })).to.equal(
      'Written again: 1 state, 2,000 trace rows. 1 difference left. Run it again for the rest of the log.',
    );
  });

  it('has all counts as JSON, and of the differences as many as asked for', () => {
    const json = JSON.parse(
      foldJson({ ...FOLD, events: 2, findings }, 1, { states: 1, traces: 1, left: [] }),
    );
    expect(json).to.deep.equal({
      events: 2,
      unreadable: 0,
      refused: 0,
      unprojected: 0,
      complete: true,
      differences: 2,
      kinds: { untraced: 1, differs: 1 },
      mended: { states: 1, traces: 1, left: 0 },
      items: [
        {
          kind: 'untraced',
          notification_id: 'a',
          version: 12,
          status: 'processing',
          partition: 0,
          offset: 42,
          here: null,
          log: { version: 12 },
        },
      ],
    });
  });
});

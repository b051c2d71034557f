import type { Door, Evidence, Letter, Unusable, Wanted } from './evidence.ts';
import { explain, type Explanation } from './explain.ts';
import { recoveries, type Recovery, RECOVERY_MS_MAX } from './recovery.ts';
import { RULES, timeOf } from './rules.ts';
import { duplicatesOf, isAccepted, type Story, tellStories } from './story.ts';

/** What a run comes to: what was counted, and every breach of a rule. It is balanced when there is none. */
export type Ledger = {
  counts: Count[];
  recoveries: Recovery[];
  /** Each rule, also those that held. */
  rules: { name: string; breaches: Breach[] }[];
  /** Stories of the guilty ones, for whoever has to find the cause. */
  guilty: Story[];
};

type Count = { what: string; value: number };
type Breach = { id: string; says: string };

export function balance(evidence: Evidence): Ledger {
  const stories = tellStories(evidence);
  const recovered = recoveries(evidence, stories);
  const rules = [
    ...RULES.map(({ name, check }) => ({
      name,
      breaches: stories.flatMap((story) => breachOf(story.id, check(story, evidence.faults))),
    })),
    ...rulesOfTheRun(evidence, recovered),
  ];
  const guiltyIds = new Set(rules.flatMap(({ breaches }) => breaches.map(({ id }) => id)));
  return {
    counts: countAll(evidence, stories),
    recoveries: recovered,
    rules,
    guilty: stories.filter(({ id }) => guiltyIds.has(id)),
  };
}

export function isBalanced({ rules }: Ledger): boolean {
  return rules.every(({ breaches }) => breaches.length === 0);
}

function breachOf(id: string, says: string | null): Breach[] {
  return says === null ? [] : [{ id, says }];
}

/** What no single notification can tell. */
function rulesOfTheRun(evidence: Evidence, recovered: Recovery[]): Ledger['rules'] {
  return [
    { name: 'accepted and without an id', breaches: withoutId(evidence) },
    { name: 'unusable record without its letter', breaches: unusableInSilence(evidence) },
    { name: 'dead letters not in the index', breaches: lettersNotIndexed(evidence) },
    { name: 'projection check finds a difference', breaches: breachOf('–', evidence.projectionDiffers) },
    { name: 'sending again too late after a kill', breaches: recovered.flatMap(late) },
    { name: 'sent again when read from the start', breaches: sentAgain(evidence) },
    { name: 'what nobody planned', breaches: evidence.incidents.map((says) => ({ id: '–', says })) },
  ];
}

/** Members of a batch that was answered 202, for instance, of which nothing is stored. */
function withoutId({ wanted }: Evidence): Breach[] {
  return wanted
    .filter(({ id, answer }) => id === null && answer === 'accepted')
    .map(({ ref, door }) => ({ id: ref, says: `accepted by ${door}, and nothing is there` }));
}

function unusableInSilence({ unusable, letters }: Evidence): Breach[] {
  const byKey = Map.groupBy(letters, ({ key }) => key);
  return unusable.flatMap((one) => breachOf(one.key, wrongLetterOf(one, byKey.get(one.key) ?? [])));
}

function wrongLetterOf({ reason, isAcknowledged }: Unusable, letters: Letter[]): string | null {
  if (letters.length === 0) return isAcknowledged ? `no letter says ${reason}` : null;
  const wrong = letters.find((letter) => letter.reason !== reason);
  return wrong === undefined ? null : `its letter says ${wrong.reason}, not ${reason}`;
}

function lettersNotIndexed({ letters, lettersIndexed }: Evidence): Breach[] {
  if (letters.length === lettersIndexed) return [];
  return [{ id: '–', says: `${letters.length} in the topic, ${lettersIndexed} in the index` }];
}

function late({ target, at, gapMs, resumedMs }: Recovery): Breach[] {
  const worstMs = Math.max(gapMs, resumedMs);
  if (worstMs <= RECOVERY_MS_MAX) return [];
  return [{ id: target, says: `killed at ${timeOf(at)}, sending again after ${worstMs} ms` }];
}

function sentAgain({ callsAfterReset }: Evidence): Breach[] {
  return callsAfterReset === 0 ? [] : [{ id: '–', says: `${callsAfterReset} calls` }];
}

function countAll(evidence: Evidence, stories: readonly Story[]): Count[] {
  const { calls, cancels, letters, events, faults } = evidence;
  const rows = stories.flatMap(({ row }) => (row === null ? [] : [row]));
  const why = reasonsOfDuplicates(evidence, stories);
  return [
    ...countPromises(evidence, new Set(rows.map(({ id }) => id))),
    tally('stored', rows.length),
    ...(['delivered', 'failed', 'cancelled', 'expired'] as const).map((state) =>
      tally(state, rows.filter((row) => row.state === state).length),
    ),
    tally('calls at the provider', calls.length),
    tally('calls accepted', calls.filter(isAccepted).length),
    tally('duplicates: the answer was lost', why.filter((one) => one === 'unknown').length),
    tally('duplicates: a worker was killed', why.filter((one) => one === 'kill').length),
    tally('duplicates: a worker was frozen', why.filter((one) => one === 'freeze').length),
    tally('cancelled by clients', cancels.filter(({ answer }) => answer === 'cancelled').length),
    tally('status events', events.length),
    tally('dead letters', letters.length),
    tally('faults', faults.length),
  ];
}

function countPromises({ wanted }: Evidence, stored: ReadonlySet<string>): Count[] {
  const told = (answer: Wanted['answer']): Wanted[] => wanted.filter((one) => one.answer === answer);
  const maybe = told('maybe');
  return [
    tally('asked for', wanted.length),
    tally('accepted: answered 202 or acknowledged', told('accepted').length),
    tally('maybe: no answer by REST, or one that says so', maybe.filter(({ door }) => isRest(door)).length),
    tally('maybe: not acknowledged by Kafka in time', maybe.filter(({ door }) => !isRest(door)).length),
    tally('maybe, and stored', maybe.filter(({ id }) => id !== null && stored.has(id)).length),
    tally('refused', told('refused').length),
  ];
}

function reasonsOfDuplicates({ faults }: Evidence, stories: readonly Story[]): (Explanation | null)[] {
  return stories.flatMap((story) =>
    duplicatesOf(story).map(({ first, again }) => explain(story, first, again.at, faults)),
  );
}

function isRest(door: Door): boolean {
  return door === 'rest' || door === 'batch';
}

function tally(what: string, value: number): Count {
  return { what, value };
}

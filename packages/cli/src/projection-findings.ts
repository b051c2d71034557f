import type { Difference, DifferenceKind, LoggedEvent } from '@fanfare/db';

/** A difference, and the event of the log that it differs from. */
export type Finding = Difference & { event: LoggedEvent };

/** What was found so far. Events of one notification may come in any order, and more than once. */
export type Findings = {
  add: (event: LoggedEvent, differences: readonly Difference[]) => void;
  /** There are so many that it makes no sense to look for more. */
  isFull: () => boolean;
  /** Notifications that show a state of which the log has said nothing so far. */
  ahead: () => string[];
  /** The state that these show is accounted for. */
  explain: (ids: ReadonlySet<string>) => void;
  all: () => Finding[];
};

/** Each takes about 1 kB of memory. */
const FINDINGS_MAX = 20_000;
const OF_TRACE: ReadonlySet<DifferenceKind> = new Set(['untraced', 'trace_differs']);

/** Whether it is about a row of the trace, or else about the state that clients read. */
export function isOfTrace({ kind }: Difference): boolean {
  return OF_TRACE.has(kind);
}

export function createFindings(findingsMax = FINDINGS_MAX): Findings {
  /** By notification, version and time, which is a row each. */
  const traces = new Map<string, Finding>();
  /** By notification, from the newest of its events that says anything of it. */
  const states = new Map<string, Finding>();
  /** What the log has said, and the trace has lost. */
  const untraced = new Set<string>();
  const isUntraced = ({ kind, here, event }: Finding): boolean =>
    kind === 'ahead' && untraced.has(stateKey(event.notification_id, here?.['version']));

  return {
    add: (event, differences) => {
      for (const found of differences.filter(isOfTrace)) {
        keepFirst(traces, { ...found, event });
        if (found.kind === 'untraced') untraced.add(stateKey(event.notification_id, event.version));
      }
      keepNewest(
        states,
        event,
        differences.find((found) => !isOfTrace(found)),
      );
    },
    isFull: () => traces.size + states.size >= findingsMax,
    ahead: () =>
      Array.from(states, ([id, finding]) =>
        finding.kind === 'ahead' && !isUntraced(finding) ? [id] : [],
      ).flat(),
    explain: (ids) => ids.forEach((id) => states.delete(id)),
    all: () => [...traces.values(), ...states.values()].filter((finding) => !isUntraced(finding)),
  };
}

/** The trace keeps the first record of a state that was told twice. */
function keepFirst(traces: Map<string, Finding>, finding: Finding): void {
  const key = `${stateKey(finding.event.notification_id, finding.event.version)}:${finding.event.at}`;
  if (!traces.has(key)) traces.set(key, finding);
}

/** A newer event without a difference says that an older one's is none: what it missed is what this one said. */
function keepNewest(states: Map<string, Finding>, event: LoggedEvent, found: Difference | undefined): void {
  const known = states.get(event.notification_id)?.event.version ?? -1;
  if (found !== undefined && event.version >= known) states.set(event.notification_id, { ...found, event });
  if (found === undefined && event.version > known) states.delete(event.notification_id);
}

function stateKey(id: string, version: unknown): string {
  return `${id}:${String(version)}`;
}

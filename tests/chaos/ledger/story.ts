import type { Call, Cancel, Event, Evidence, Letter, Row, Wanted } from './evidence.ts';

/** All that is known of one notification, by every witness. */
export type Story = {
  id: string;
  /** Null for one that nobody asked for. */
  wanted: Wanted | null;
  row: Row | null;
  /** Oldest first. */
  calls: Call[];
  /** As the topic has them, each version once, in order. */
  events: Event[];
  /** Versions that the topic has twice, and not with the same words. */
  contradicted: number[];
  /** As clients read them. */
  traced: number[];
  letters: Letter[];
  cancels: Cancel[];
};

/** One story for each id that anybody has heard of. */
export function tellStories(evidence: Evidence): Story[] {
  const stories = new Map<string, Story>();
  const of = (id: string): Story => {
    const story = stories.get(id) ?? blank(id);
    stories.set(id, story);
    return story;
  };
  for (const wanted of evidence.wanted) if (wanted.id !== null) of(wanted.id).wanted = wanted;
  for (const row of evidence.rows) of(row.id).row = row;
  for (const call of evidence.calls) of(call.id).calls.push(call);
  for (const event of evidence.events) of(event.id).events.push(event);
  for (const [id, versions] of evidence.traced) of(id).traced = versions;
  for (const cancel of evidence.cancels) of(cancel.id).cancels.push(cancel);
  const unusable = new Set(evidence.unusable.map(({ key }) => key));
  for (const letter of evidence.letters) if (!unusable.has(letter.key)) of(letter.key).letters.push(letter);
  for (const story of stories.values()) putInOrder(story);
  return [...stories.values()];
}

function blank(id: string): Story {
  return {
    id,
    wanted: null,
    row: null,
    calls: [],
    events: [],
    contradicted: [],
    traced: [],
    letters: [],
    cancels: [],
  };
}

function putInOrder(story: Story): void {
  story.calls.sort((a, b) => a.at - b.at);
  const byVersion = Map.groupBy(story.events, ({ version }) => version);
  story.events = [...byVersion.values()].flatMap((same) => same.slice(0, 1));
  story.events.sort((a, b) => a.version - b.version);
  story.contradicted = [...byVersion].flatMap(([version, same]) => (isSame(same) ? [] : [version]));
}

function isSame(events: Event[]): boolean {
  return new Set(events.map((event) => JSON.stringify(event))).size === 1;
}

export function isAccepted({ answer }: Call): boolean {
  return answer === 'accepted';
}

/** Calls that were accepted after another one with the same idempotency key was, each with the one before it. */
export function duplicatesOf({ calls }: Story): { first: Call; again: Call }[] {
  const accepted = calls.filter(isAccepted);
  return accepted.flatMap((again, index) => {
    const first = accepted.slice(0, index).findLast(({ cycle }) => cycle === again.cycle);
    return first === undefined ? [] : [{ first, again }];
  });
}

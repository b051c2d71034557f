import { formatElapsed } from '../screen.ts';
import type { Journey, JourneyState } from './follow-journey.ts';

const LABEL_WIDTH = 24;

/** `plain sms   queued 0 ms → processing 24 ms → delivered 41 ms`: each state with the time since it was accepted. */
export function drawJourney(label: string, { createdAt, states }: Journey): string {
  const steps = withoutFleeting(states).map((state) => drawStep(state, createdAt));
  return `      ${label.padEnd(LABEL_WIDTH)}${steps.join(' → ')}`;
}

/** For a log, where a line cannot grow: the newest state alone. */
export function drawNewest(label: string, { createdAt, states }: Journey): string {
  const newest = states.at(-1);
  return `      ${label.padEnd(LABEL_WIDTH)}${newest === undefined ? '' : drawStep(newest, createdAt)}`;
}

function drawStep({ status, at, reason }: JourneyState, createdAt: number): string {
  const why = reason === null ? '' : ` (${shorten(reason)})`;
  return `${status}${why} ${formatElapsed(Math.max(0, at - createdAt))}`;
}

/** Everything is pending for an instant; it is worth a word where it lasts, until its time has come. */
function withoutFleeting(states: JourneyState[]): JourneyState[] {
  const [first, second] = states;
  const isFleeting = first?.status === 'pending' && second !== undefined && second.at - first.at < 1_000;
  return isFleeting ? states.slice(1) : states;
}

const REASON_WIDTH = 40;

/** Of a provider's answer its status says enough here. */
function shorten(reason: string): string {
  return /^HTTP \d+/.exec(reason)?.[0] ?? reason.slice(0, REASON_WIDTH);
}

import { bar } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** More often nobody can read it. */
const SHOW_EVERY_MS = 100;
/** In a log every line stays. */
const TELL_EVERY_MS = 10_000;

/** `share` is from 0 to 1, or null where nobody knows it. */
export type Meter = (share: number | null, text: string) => void;

/** Tells how something goes on: in place on a terminal, with a bar where its share is known, and in a log now and then. */
export function meterOf({ isLive, show, tell }: Terminal, now: () => number): Meter {
  let shownAtMs = isLive ? -Infinity : now();
  return (share, text) => {
    if (now() - shownAtMs < (isLive ? SHOW_EVERY_MS : TELL_EVERY_MS)) return;
    shownAtMs = now();
    if (!isLive) return tell(text);
    show(share === null ? text : `${bar(share)} ${text}`);
  };
}

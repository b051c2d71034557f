import type { Terminal } from './terminal.ts';

const BAR_CELLS = 24;

/** Tells how far something of known length has come: a bar that moves, or a line each time where nothing can move. */
export function progressOf(
  { isLive, show, tell }: Terminal,
  total: number,
  now: () => number,
): (done: number) => void {
  const startedAtMs = now();
  return (done) => {
    const share = Math.min(1, total === 0 ? 1 : done / total);
    const perSecond = (done * 1_000) / Math.max(1, now() - startedAtMs);
    const text = `${count(done)} of ${count(Math.max(total, done))}, ${count(Math.round(perSecond))}/s`;
    if (isLive) show(`${bar(share)} ${text}`);
    else tell(text);
  };
}

/** `[######------------------]  25 % ` of a share from 0 to 1. */
export function bar(share: number): string {
  const filled = Math.floor(share * BAR_CELLS);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}] ${percent} % `;
}

/** 12345 as people read it: 12,345. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

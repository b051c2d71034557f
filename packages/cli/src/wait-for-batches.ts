import { isTerminal } from '@fanfare/domain';
import { type CommandDeps, DONE_CODE, FAILED_CODE, INTERRUPTED_CODE } from './command.ts';
import type { Update } from './live-frame.ts';
import type { Listener } from './live-socket.ts';
import { meterOf } from './meter.ts';
import { count } from './progress.ts';
import { span } from './span.ts';

type Batch = { id: string; size: number };

/** Waits until everything of these batches has come to an end, and tells how far it is. Resolves with the exit code. */
export async function waitForBatches(deps: CommandDeps, batches: Batch[]): Promise<number> {
  const { terminal, signal, now } = deps;
  const total = batches.reduce((sum, { size }) => sum + size, 0);
  const over = new AbortController();
  const meter = meterOf(terminal, now);
  const startedAtMs = now();
  const ends = new Map<string, number>();
  const onEnd = ({ status }: Update): void => {
    ends.set(status, (ends.get(status) ?? 0) + 1);
    const ended = sumOf(ends);
    const leftMs = ((now() - startedAtMs) * (total - ended)) / ended;
    meter(ended / total, `${describe(ends)} of ${count(total)}, ${span(leftMs)} left`);
  };
  const listener = batchListener(batches, { onEnd, onDone: () => over.abort() });
  await deps.follow(listener, AbortSignal.any([signal, terminal.gone, over.signal]));
  terminal.print(`${describe(ends)}.`);
  if (sumOf(ends) === total) return ends.get('delivered') === total ? DONE_CODE : FAILED_CODE;
  terminal.tell(`${count(total - sumOf(ends))} are still on their way; they go on without you.`);
  return signal.aborted ? INTERRUPTED_CODE : FAILED_CODE;
}

/** So many batches of a thousand the gateway remembers for one client; and what has ended is remembered here. */
const WATCHED_MAX = 50;

type BatchEvents = { onEnd: (update: Update) => void; onDone: () => void };

/** Tells each end once. It listens to the oldest batches that have not ended, and to the next one when one has. */
export function batchListener(batches: Batch[], { onEnd, onDone }: BatchEvents): Listener {
  const waiting = batches.values();
  const watched = new Map<string, { left: number; ended: Set<string> }>();
  let ask: ((request: object) => void) | null = null;

  function watchMore(): void {
    while (watched.size < WATCHED_MAX) {
      const { done, value } = waiting.next();
      if (done === true) break;
      watched.set(value.id, { left: value.size, ended: new Set() });
      ask?.({ action: 'subscribe', batch_id: value.id });
    }
    if (watched.size === 0) onDone();
  }

  function onUpdate(update: Update): void {
    const batch = watched.get(update.batch_id ?? '');
    if (batch === undefined || !isTerminal(update.status) || batch.ended.has(update.notification_id)) return;
    batch.ended.add(update.notification_id);
    batch.left -= 1;
    onEnd(update);
    if (batch.left > 0) return;
    watched.delete(update.batch_id ?? '');
    ask?.({ action: 'unsubscribe', batch_id: update.batch_id });
    watchMore();
  }

  return {
    onOpen: (newAsk) => {
      ask = newAsk;
      // Their states of now come first, so nothing is missed.
      for (const id of watched.keys()) ask({ action: 'subscribe', batch_id: id });
      watchMore();
    },
    onFrame: ({ update }) => {
      if (update !== null) onUpdate(update);
    },
  };
}

function sumOf(counts: Map<string, number>): number {
  return counts.values().reduce((sum, one) => sum + one, 0);
}

/** `1,200 delivered, 3 failed`, the most frequent first. */
function describe(ends: Map<string, number>): string {
  const parts = [...ends].toSorted(([, one], [, other]) => other - one);
  return parts.length === 0 ? 'none ended' : parts.map(([status, n]) => `${count(n)} ${status}`).join(', ');
}

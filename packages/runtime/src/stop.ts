import type { Logger } from './logger.ts';
import type { RunningService } from './service.ts';

/** Calls `stop` on the first SIGTERM or SIGINT, and `exit` on a second. */
export function onStopSignal({ log, stop, exit }: SignalDeps): void {
  let firstAt: number | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (firstAt !== null) return now - firstAt > SAME_SIGNAL_MS ? exit(INTERRUPTED) : undefined;
    firstAt = now;
    log.info('stopping', { signal });
    stop();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}

/**
 * Soft stop: the service finishes what is in flight, within its time. Hard stop: its signal aborts, it has a moment
 * to close what it holds, and what was left is said.
 *
 * @param starting the service, which may still be on its way up.
 * @returns the exit code, 0 for a clean stop.
 */
export async function stopInTwoPhases({ starting, timeoutMs, log }: StopDeps): Promise<number> {
  const startedAt = performance.now();
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(), timeoutMs);
  try {
    const ended = await Promise.race([softStop(starting, overdue.signal), hardStop(overdue.signal)]);
    if (ended && !overdue.signal.aborted) {
      log.info('stopped cleanly', { stoppedInMs: Math.round(performance.now() - startedAt) });
      return 0;
    }
    log.error('stopped hard, time was over', { timeoutMs, left: await leftOf(starting) });
  } catch (error) {
    log.error('stop failed', { error });
  } finally {
    clearTimeout(timer);
  }
  return 1;
}

type SignalDeps = { log: Logger; stop: () => void; exit: (code: number) => void };
type StopDeps = { starting: Promise<RunningService>; timeoutMs: number; log: Logger };

/** The shell's code for a process ended by Ctrl-C. */
const INTERRUPTED = 130;
/** Ctrl-C reaches a whole process group and a supervisor may pass it on: signals this close are one. */
const SAME_SIGNAL_MS = 300;
/** How long an aborted stop has for closing what it holds. */
const HARD_STOP_MS = 1_000;

async function softStop(starting: Promise<RunningService>, overdue: AbortSignal): Promise<boolean> {
  const running = await starting;
  await running.stop(overdue);
  return true;
}

function hardStop(overdue: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    overdue.addEventListener('abort', () => setTimeout(resolve, HARD_STOP_MS, false));
  });
}

async function leftOf(starting: Promise<RunningService>): Promise<unknown> {
  const notYet = Promise.resolve(null);
  const running = await Promise.race([starting, notYet]);
  return running === null ? 'it was still starting' : (running.left?.() ?? 'unknown');
}

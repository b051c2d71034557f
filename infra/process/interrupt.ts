import { UserError } from '../user-error.ts';

/** A terminal's Ctrl-C arrives twice: from the terminal itself, and passed on by npm. */
const SAME_INTERRUPT_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns Ctrl-C, a polite kill and a closed terminal into an abort, once; asked a second time, `force` is called.
 * Whoever aborts still ends by itself, with its clean stop.
 */
export function onInterrupt(force: () => void): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = (): void => {
    if (firstAt !== undefined && performance.now() - firstAt > SAME_INTERRUPT_MS) return force();
    firstAt ??= performance.now();
    controller.abort(new Interrupted());
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return controller.signal;
}

/** Why something was given up: it was asked to, which is no fault. */
class Interrupted extends UserError {
  override name = 'Interrupted';
  override message = 'Interrupted; nothing is left running.';
}

/** What a shell reports for a program that ended by Ctrl-C. */
export const INTERRUPTED_CODE = 130;

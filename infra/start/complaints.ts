import type { Screen } from '../screen.ts';
import type { ServiceName } from '../services.ts';

export type Complaints = {
  read(name: ServiceName, line: string): void;
  /** Keeps them off the screen until the returned function is called: while it is known why they come. */
  hush(): () => void;
};

/** Of each service the first in this time is shown, the others as one number. */
const SUMMARY_EVERY_MS = 10_000;

/** Shows that services warn or report errors, calmly, until they are stopped: all they say is in their logs. */
export function createComplaints(
  screen: Screen,
  signal: AbortSignal,
  intervalMs = SUMMARY_EVERY_MS,
): Complaints {
  const unseen = new Map<ServiceName, number>();
  const hushes = new Set<symbol>();
  const timer: NodeJS.Timeout = setInterval(() => {
    for (const [name, count] of unseen) if (count > 0) screen.print(describeUnseen(name, count));
    unseen.clear();
  }, intervalMs);
  timer.unref();
  return {
    read(name, line) {
      const text = complaintIn(line);
      if (text === undefined || hushes.size > 0 || signal.aborted) return;
      const count = unseen.get(name);
      unseen.set(name, count === undefined ? 0 : count + 1);
      if (count === undefined) screen.print(`  ! ${name} ${text}`);
    },
    hush() {
      const hush = Symbol('hush');
      hushes.add(hush);
      return () => void hushes.delete(hush);
    },
  };
}

function describeUnseen(name: ServiceName, count: number): string {
  return `  ! ${name} said ${count} more like this; see its log`;
}

/** `warns: a database connection broke`, for a line of level warn or error. */
function complaintIn(line: string): string | undefined {
  const [, level, message] = /"level":"(warn|error)".*?"msg":"((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  if (level === undefined || message === undefined) return undefined;
  return `${level === 'warn' ? 'warns' : 'reports an error'}: ${message}`;
}

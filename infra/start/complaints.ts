import type { Screen } from '../screen.ts';
import type { ServiceName } from '../services.ts';

export type Complaints = { read(name: ServiceName, line: string): void; stop(): void };

/** The first of a kind is shown at once, the others of its kind as one number. */
const SUMMARY_EVERY_MS = 10_000;

/** Shows the warnings and errors in the services' logs, without repeating one that comes a hundred times. */
export function createComplaints(screen: Screen, intervalMs = SUMMARY_EVERY_MS): Complaints {
  const repeated = new Map<string, number>();
  const summarise = (): void => {
    for (const [text, count] of repeated)
      if (count > 0) screen.print(`  ! ${text} (${count} more in ${intervalMs / 1000} s)`);
    repeated.clear();
  };
  const timer = setInterval(summarise, intervalMs);
  return {
    read(name, line) {
      const text = complaintIn(name, line);
      if (text === undefined) return;
      const count = repeated.get(text);
      repeated.set(text, (count ?? -1) + 1);
      if (count === undefined) screen.print(`  ! ${text}`);
    },
    stop: () => clearInterval(timer),
  };
}

/** `delivery warns: a database connection broke`, for a line of level warn or error. */
function complaintIn(name: ServiceName, line: string): string | undefined {
  const [, level, message] = /"level":"(warn|error)".*?"msg":"((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  if (level === undefined || message === undefined) return undefined;
  return `${name} ${level === 'warn' ? 'warns' : 'reports an error'}: ${message}`;
}

/** What the simulated provider got. */
type ProviderStats = {
  requests: number;
  acceptedKeys: number;
  duplicates: number;
  firstAtMs: number;
  lastAtMs: number;
};

/** Asks the simulator, the only witness of what really arrived. */
export type Simulator = {
  stats: () => Promise<ProviderStats>;
  /** When each notification first arrived, in milliseconds since 1970, by its id. */
  arrivals: () => Promise<Map<string, number>>;
  reset: () => Promise<void>;
};

export function askSimulator(port: number): Simulator {
  const url = `http://127.0.0.1:${port}`;
  return {
    stats: async () => toStats((await getJson(`${url}/stats`)) as StatsAnswer),
    arrivals: async () => firstArrivals((await getJson(`${url}/log`)) as LogEntry[]),
    reset: async () => {
      await getJson(`${url}/reset`, 'POST');
    },
  };
}

type StatsAnswer = Omit<ProviderStats, 'firstAtMs' | 'lastAtMs'> & {
  firstAt: string | null;
  lastAt: string | null;
};
type LogEntry = { idempotencyKey: string; at: string };

function toStats({ requests, acceptedKeys, duplicates, firstAt, lastAt }: StatsAnswer): ProviderStats {
  const [firstAtMs, lastAtMs] = [Date.parse(firstAt ?? ''), Date.parse(lastAt ?? '')];
  return { requests, acceptedKeys, duplicates, firstAtMs, lastAtMs };
}

function firstArrivals(log: LogEntry[]): Map<string, number> {
  const arrivals = new Map<string, number>();
  for (const { idempotencyKey, at } of log) {
    // The key is `<notification id>:<cycle>`.
    const [id = ''] = idempotencyKey.split(':');
    if (!arrivals.has(id)) arrivals.set(id, Date.parse(at) + HALF_A_TICK_MS);
  }
  return arrivals;
}

/** Its clock cuts off what is less than a millisecond: on average it says half a one too early. */
const HALF_A_TICK_MS = 0.5;

async function getJson(url: string, method = 'GET'): Promise<unknown> {
  const response = await fetch(url, { method });
  if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status}`);
  return response.json();
}

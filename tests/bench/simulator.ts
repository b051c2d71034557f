/** What the simulated provider got. */
type ProviderStats = {
  requests: number;
  acceptedKeys: number;
  duplicates: number;
  firstAtMs: number;
  lastAtMs: number;
};

/** For which notification, to whom, when in milliseconds since 1970, and whether it was taken. */
type Call = { id: string; to: string; at: number; isAccepted: boolean };

/** Asks the simulator, the only witness of what really arrived. */
export type Simulator = {
  stats: () => Promise<ProviderStats>;
  /** When each notification first arrived, in milliseconds since 1970, by its id. */
  arrivals: () => Promise<Map<string, number>>;
  /** Every call it got, oldest first. */
  calls: () => Promise<Call[]>;
  reset: () => Promise<void>;
  /** How long its answers take from now on. */
  answerAfter: (latencyMs: number) => Promise<void>;
  /** Whether it leaves every call unanswered from now on. */
  hang: (isHanging: boolean) => Promise<void>;
};

export function askSimulator(port: number): Simulator {
  const url = `http://127.0.0.1:${port}`;
  return {
    stats: async () => toStats((await ask(`${url}/stats`)) as StatsAnswer),
    arrivals: async () => firstArrivals(await callsOf(url)),
    calls: () => callsOf(url),
    reset: async () => {
      await ask(`${url}/reset`, { method: 'POST' });
    },
    answerAfter: (latencyMs) => change(url, { latencyMs }),
    hang: (isHanging) => change(url, { hangRate: isHanging ? 1 : 0 }),
  };
}

type StatsAnswer = Omit<ProviderStats, 'firstAtMs' | 'lastAtMs'> & {
  firstAt: string | null;
  lastAt: string | null;
};
type LogEntry = { idempotencyKey: string; to: string; at: string; answer: string };

function toStats({ requests, acceptedKeys, duplicates, firstAt, lastAt }: StatsAnswer): ProviderStats {
  const [firstAtMs, lastAtMs] = [Date.parse(firstAt ?? ''), Date.parse(lastAt ?? '')];
  return { requests, acceptedKeys, duplicates, firstAtMs, lastAtMs };
}

async function callsOf(url: string): Promise<Call[]> {
  const log = (await ask(`${url}/log`)) as LogEntry[];
  return log.map(({ idempotencyKey, to, at, answer }) => ({
    // The key is `<notification id>:<cycle>`.
    id: idempotencyKey.split(':')[0] ?? '',
    to,
    at: Date.parse(at) + HALF_A_TICK_MS,
    isAccepted: answer === 'accepted',
  }));
}

function firstArrivals(calls: Call[]): Map<string, number> {
  return new Map(calls.toReversed().map(({ id, at }) => [id, at]));
}

/** Its clock cuts off what is less than a millisecond: on average it says half a one too early. */
const HALF_A_TICK_MS = 0.5;

async function change(url: string, settings: Record<string, number>): Promise<void> {
  await ask(`${url}/settings`, { method: 'PUT', body: JSON.stringify(settings) });
}

async function ask(url: string, request: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`${url} was answered ${response.status}`);
  return response.json();
}

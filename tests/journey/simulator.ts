/** A call as the provider got it. */
export type ProviderCall = {
  to: string;
  channel: string;
  content: string;
  idempotencyKey: string;
  correlationId: string | null;
  traceparent: string | null;
  /** When it came in, RFC 3339. */
  at: string;
  answer: string;
};

/** The calls made for one notification, oldest first. */
export function callsFor(simulatorUrl: string, id: string): Promise<ProviderCall[]> {
  return getLog(simulatorUrl, { key: `${id}:0` });
}

/** The calls made for many notifications, by id. */
export async function callsForAll(
  simulatorUrl: string,
  ids: readonly string[],
  sinceMs: number,
): Promise<Map<string, ProviderCall[]>> {
  const calls = new Map<string, ProviderCall[]>(ids.map((id) => [id, []]));
  for (const call of await callsSince(simulatorUrl, sinceMs))
    calls.get(call.idempotencyKey.replace(/:0$/, ''))?.push(call);
  return calls;
}

/** Every call since then, whoever it was for. */
export function callsSince(simulatorUrl: string, sinceMs: number): Promise<ProviderCall[]> {
  return getLog(simulatorUrl, { since: String(sinceMs) });
}

/** Its answers take `latencyMs`, and evenly spread up to `jitterMs` more. */
export function setLatency(
  simulatorUrl: string,
  latency: { latencyMs: number; jitterMs: number },
): Promise<void> {
  return changeSettings(simulatorUrl, latency);
}

/** The share of calls that it fails, of those without a marker; 1 is an outage. */
export function setFailRate(simulatorUrl: string, failRate: number): Promise<void> {
  return changeSettings(simulatorUrl, { failRate });
}

/** What is not named stays as it is. */
export async function changeSettings(simulatorUrl: string, change: Record<string, number>): Promise<void> {
  const response = await fetch(new URL('/settings', simulatorUrl), {
    method: 'PUT',
    body: JSON.stringify(change),
  });
  if (!response.ok) throw new Error(`the simulator refused: ${await response.text()}`);
}

async function getLog(simulatorUrl: string, query: Record<string, string>): Promise<ProviderCall[]> {
  const response = await fetch(new URL(`/log?${new URLSearchParams(query).toString()}`, simulatorUrl));
  if (!response.ok) throw new Error(`the simulator refused: ${await response.text()}`);
  return (await response.json()) as ProviderCall[];
}

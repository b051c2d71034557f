import { setTimeout as sleep } from 'node:timers/promises';

export type JourneyState = { status: string; version: number; at: number; reason: string | null };
export type Journey = { createdAt: number; states: JourneyState[] };

const ENDS = new Set(['delivered', 'failed', 'cancelled', 'expired']);
const POLL_EVERY_MS = 300;

type Deps = { url: string; created: { id: string; createdAt: number }; signal: AbortSignal };

/**
 * Calls `onChange` with all states so far whenever there is a new one, until the last. What changed comes over the
 * WebSocket; what was before it, and everything where the WebSocket is not to be had, from the trace.
 */
export async function followJourney(deps: Deps, onChange: (journey: Journey) => void): Promise<void> {
  const { url, created, signal } = deps;
  const byVersion = new Map<number, JourneyState>();
  const journey = (): Journey => ({
    createdAt: created.createdAt,
    states: [...byVersion.values()].toSorted((one, other) => one.version - other.version),
  });
  const add = (states: JourneyState[]): void => {
    const news = states.filter(({ version }) => !byVersion.has(version));
    for (const state of news) byVersion.set(state.version, state);
    if (news.length > 0) onChange(journey());
  };
  const addTrace = (): Promise<void> => readTrace(url, created.id).then(add, () => {});
  const socket = listen(url, created.id, add, () => void addTrace());
  while (!signal.aborted && !isOver(journey())) {
    await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => {});
    if (socket.readyState !== WebSocket.OPEN) await addTrace();
  }
  socket.close();
}

function isOver({ states }: Journey): boolean {
  return ENDS.has(states.at(-1)?.status ?? '');
}

function listen(
  url: string,
  id: string,
  onStates: (states: JourneyState[]) => void,
  onFirst: () => void,
): WebSocket {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/ws/notifications`);
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify({ action: 'subscribe', notification_id: id })),
  );
  // The first message is the present state: what was before it is in the trace.
  socket.addEventListener('message', onFirst, { once: true });
  socket.addEventListener('message', ({ data }) => {
    const update: unknown = JSON.parse(String(data));
    if (isUpdate(update)) onStates([toState(update)]);
  });
  socket.addEventListener('error', () => {});
  return socket;
}

async function readTrace(url: string, id: string): Promise<JourneyState[]> {
  const response = await fetch(`${url}/api/v1/notifications/${id}/trace`);
  const trace: unknown = await response.json();
  const entries = typeof trace === 'object' && trace !== null && 'entries' in trace ? trace.entries : [];
  return Array.isArray(entries) ? entries.filter(isEntry).map(entryState) : [];
}

type Update = { status: string; version: number; at: string; reason?: string | null };
type Entry = { event: string; created_at: string; details: { version: number; reason?: string | null } };

function toState({ status, version, at, reason = null }: Update): JourneyState {
  return { status, version, at: Date.parse(at), reason };
}

/** The trace calls the beginning `created`; the state of that moment is pending, at version 0. */
function entryState({ event, created_at: at, details }: Entry): JourneyState {
  if (event === 'created') return { status: 'pending', version: 0, at: Date.parse(at), reason: null };
  return toState({ status: event, at, ...details });
}

function isUpdate(value: unknown): value is Update {
  return (
    typeof value === 'object' && value !== null && 'status' in value && 'version' in value && 'at' in value
  );
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'event' in value && 'details' in value;
}

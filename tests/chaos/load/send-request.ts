import { setTimeout as sleep } from 'node:timers/promises';
import type { Wanted } from '../ledger/evidence.ts';
import type { Book } from './book.ts';
import type { Answer, Client } from './client.ts';
import type { Order, Wish } from './orders.ts';

export type RequestDeps = { client: Client; book: Book };
type Request = Extract<Order, { wishes: Wish[] }>;

/** Asks for one notification or a batch by REST, writes down the answer, and thinks better of some. */
export async function sendRequest(deps: RequestDeps, { door, ref, wishes }: Request): Promise<void> {
  const bodies = wishes.map((wish) => bodyOf(wish, Date.now()));
  const path = `/api/v1/notifications${door === 'batch' ? '/batch' : ''}`;
  const body = door === 'batch' ? { notifications: bodies } : bodies[0];
  const answer = await deps.client.request('POST', path, { correlationId: ref, body });
  const told = { ...verdictOf(deps.book, answer), door, ref };
  for (const asked of bodies) deps.book.wanted.push(wantedOf(told, asked));
  // The members of a batch are known by id only to who reads it.
  const [wish] = wishes;
  if (told.id !== null && wish !== undefined) await cancelLater(deps, told.id, wish.cancelAfterMs);
}

/** Gives a notification up after a while, if at all. */
export async function cancelLater(
  { client, book }: RequestDeps,
  id: string,
  afterMs: number | null,
): Promise<void> {
  if (afterMs === null) return;
  await sleep(afterMs);
  const { status, at: answeredAt } = await client.request('PATCH', `/api/v1/notifications/${id}/cancel`);
  if (status === 200) book.cancels.push({ id, answeredAt, answer: 'cancelled' });
  else if (status === 409) book.cancels.push({ id, answeredAt, answer: 'too late' });
  // What straight from Kafka has not been read yet is not there yet.
  else if (status !== 404) book.cancels.push({ id, answeredAt, answer: 'unknown' });
  if (status !== null && ![200, 404, 409, 503].includes(status))
    book.incidents.push(`a cancel was answered ${status}`);
}

type Told = { answer: Wanted['answer']; id: string | null; queuedAt: number | null };

function verdictOf(book: Book, answer: Answer): Told {
  const nothing = { id: null, queuedAt: null };
  if (answer.status === null) return { ...nothing, answer: answer.isRefused ? 'refused' : 'maybe' };
  const { status, body, at } = answer;
  if (status === 202) return { answer: 'accepted', id: idOf(body), queuedAt: isQueued(body) ? at : null };
  if (status === 503) return { ...nothing, answer: saysMaybe(body) ? 'maybe' : 'refused' };
  book.incidents.push(`a request was answered ${status}: ${JSON.stringify(body).slice(0, 300)}`);
  return { ...nothing, answer: 'maybe' };
}

/** That of a batch names none of its members. */
function idOf(body: Record<string, unknown>): string | null {
  return typeof body['id'] === 'string' && 'channel' in body ? body['id'] : null;
}

function isQueued({ status }: Record<string, unknown>): boolean {
  return status === 'queued';
}

function saysMaybe({ detail }: Record<string, unknown>): boolean {
  return typeof detail === 'string' && detail.includes('may have been accepted');
}

function wantedOf(
  { answer, id, queuedAt, door, ref }: Told & Pick<Wanted, 'door' | 'ref'>,
  asked: ReturnType<typeof bodyOf>,
): Wanted {
  return {
    ref,
    id,
    door,
    answer,
    scheduledAt: momentOf(asked.scheduled_at),
    expiresAt: momentOf(asked.expires_at),
    readyAt: queuedAt,
    conflict: null,
  };
}

function bodyOf(wish: Wish, now: number) {
  const { channel, recipient, content, priority, max_attempts, delivery_mode } = wish;
  return {
    channel,
    recipient,
    content,
    priority,
    max_attempts,
    delivery_mode,
    scheduled_at: later(now, wish.scheduledInMs),
    expires_at: later(now, wish.expiresInMs),
  };
}

function later(now: number, inMs: number | null): string | null {
  return inMs === null ? null : new Date(now + inMs).toISOString();
}

function momentOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

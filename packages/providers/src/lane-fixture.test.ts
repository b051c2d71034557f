import type { Outcome } from '@fanfare/domain';
import type { Entry } from './lane.ts';
import type { Provider, ProviderMessage } from './provider.ts';

export const message: ProviderMessage = {
  to: '+15550100199',
  channel: 'sms',
  content: 'hi',
  idempotencyKey: '0199f0c2-0000-7000-8000-000000000001:0',
  correlationId: 'order-17',
  traceparent: null,
};

export const accepted: Outcome = { kind: 'accepted', messageId: null };

export function throttled(retryAfterMs: number | null): Outcome {
  return { kind: 'throttled', reason: 'HTTP 429', retryAfterMs };
}

export function unavailable(retryAfterMs: number | null): Outcome {
  return { kind: 'unavailable', reason: 'HTTP 503', answered: true, retryAfterMs };
}

/** A provider whose calls are under way until the test answers them. */
export function heldProvider(name: string) {
  const sent: ProviderMessage[] = [];
  const answers: ((outcome: Outcome) => void)[] = [];
  const send = (what: ProviderMessage) => {
    sent.push(what);
    return new Promise<Outcome>((resolve) => answers.push(resolve));
  };
  const provider: Provider = { name, send, close: async () => {} };
  return { provider, sent, answers };
}

/** Of a lane or of a chain. */
export function enter(where: { tryEnter: () => Entry | null }): Entry {
  const entry = where.tryEnter();
  if (entry === null) throw new Error('nobody is let in');
  return entry;
}

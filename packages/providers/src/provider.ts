import type { Outcome } from '@fanfare/domain';

/** One vendor of one channel, or several: whatever takes a message and answers. */
export type Provider = {
  name: string;
  /** Never rejects for what a vendor or the network does: that is an `Outcome`. */
  send: (message: ProviderMessage) => Promise<Outcome>;
  /** Waits for calls in flight, which their time limit bounds, and closes the connections. */
  close: () => Promise<void>;
};

export type ProviderMessage = {
  to: string;
  channel: string;
  content: string;
  /** Of an e-mail, null where it has none. */
  subject?: string | null;
  /** Of an e-mail: the same as `content` in HTML, null where it has none. */
  html?: string | null;
  /** The same for every attempt of one delivery, so that a vendor which keeps such keys sends once. */
  idempotencyKey: string;
  correlationId: string;
  traceparent: string | null;
};

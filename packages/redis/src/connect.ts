import type { Redis } from 'ioredis';
import { inTime, type Log, openConnection } from './connection.ts';
import { counters } from './counters.ts';
import { type IdempotencyCache, idempotencyCache } from './idempotency.ts';

export type { Log } from './connection.ts';

export type RedisMessage = { channel: string; message: string };

export type Subscription = {
  /** A channel's name, or with `*` a pattern of names. */
  pattern: string;
  onMessage: (message: string, channel: string) => void;
  /** The subscription is in place, at first or again: what was published before has passed us by. */
  onSubscribed: () => void;
};

export type RedisHandle = IdempotencyCache & {
  /**
   * Publishes in order, in one round trip, and resolves with how many of them Redis did not take: all, at once, while
   * it is away. Never rejects.
   */
  publishFrames(messages: readonly RedisMessage[]): Promise<number>;
  /**
   * Adds to a counter that is forgotten `keptMs` after its last addition. Resolves with what it was before; null when
   * Redis does not say, at once while it is away. Never rejects.
   */
  reserve(reservation: { key: string; count: number; keptMs: number }): Promise<number | null>;
  /**
   * Adds to a counter that is forgotten `windowMs` after its first addition. Resolves with what it was before, and how
   * long it is still kept; null as for `reserve`. Never rejects.
   */
  countInWindow(addition: {
    key: string;
    count: number;
    windowMs: number;
  }): Promise<{ before: number; leftMs: number } | null>;
  /**
   * Keeps a member of a set for another `lifeMs`, and forgets those whose time is over. Resolves with the members;
   * null as for `reserve`. Never rejects.
   */
  signIn(sign: { key: string; member: string; epochMs: number; lifeMs: number }): Promise<string[] | null>;
  /** The member is forgotten at once, if Redis is there. Never rejects. */
  signOut(sign: { key: string; member: string }): Promise<void>;
  /** Listens until `close`, however often the connection is lost. */
  subscribe(subscription: Subscription): void;
  /** Rejects when a connection is not in use or does not answer. */
  check(): Promise<void>;
  close(): void;
};

/** Connects in the background, so that a service starts while Redis is away. */
export function connectRedis(options: { url: string; name: string; log: Log }): RedisHandle {
  const commands = openConnection(options);
  const listeners: Listener[] = [];
  return {
    publishFrames: (messages) => publish(commands, messages),
    ...counters(commands),
    ...idempotencyCache(commands),
    subscribe: (subscription) => {
      const client = openConnection({ ...options, name: `${options.name}-listener` });
      listeners.push(listen(client, subscription));
    },
    check: async () => {
      const clients = [commands, ...listeners.map(({ client }) => client)];
      await Promise.all(clients.map((client) => inTime(client, client.ping())));
    },
    close: () => {
      commands.disconnect();
      for (const listener of listeners) listener.close();
    },
  };
}

async function publish(client: Redis, messages: readonly RedisMessage[]): Promise<number> {
  if (messages.length === 0) return 0;
  if (client.status !== 'ready') return messages.length;
  const pipeline = client.pipeline();
  for (const { channel, message } of messages) pipeline.publish(channel, message);
  try {
    const replies = (await inTime(client, pipeline.exec())) ?? [];
    return messages.length - replies.filter(([error]) => error === null).length;
  } catch {
    return messages.length;
  }
}

type Listener = { client: Redis; close: () => void };

/** A connection that only listens would not notice that its other end has gone. */
const PING_EVERY_MS = 5_000;

function listen(client: Redis, { pattern, onMessage, onSubscribed }: Subscription): Listener {
  client.on('pmessage', (_, channel: string, message: string) => onMessage(message, channel));
  client.on('ready', () => {
    // A connection that breaks in between comes back and is subscribed then.
    inTime(client, client.psubscribe(pattern)).then(onSubscribed, () => client.disconnect(true));
  });
  const ping = setInterval(() => {
    if (client.status === 'ready') inTime(client, client.ping()).catch(() => undefined);
  }, PING_EVERY_MS);
  return {
    client,
    close: () => {
      clearInterval(ping);
      client.disconnect();
    },
  };
}

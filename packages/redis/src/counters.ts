import type { ChainableCommander, Redis } from 'ioredis';
import type { RedisHandle } from './connect.ts';
import { inTime } from './connection.ts';

/** What replicas count and keep in common. Each is one round trip, and none waits for a Redis that is away. */
export function counters(
  client: Redis,
): Pick<RedisHandle, 'reserve' | 'countInWindow' | 'signIn' | 'signOut'> {
  return {
    reserve: async ({ key, count, keptMs }) => {
      const replies = await ask(client, (pipeline) => pipeline.incrby(key, count).pexpire(key, keptMs));
      const after = replies?.[0];
      return typeof after === 'number' ? after - count : null;
    },
    countInWindow: async ({ key, count, windowMs }) => {
      const replies = await ask(client, (pipeline) =>
        pipeline.incrby(key, count).pexpire(key, windowMs, 'NX').pttl(key),
      );
      const [after, , leftMs] = replies ?? [];
      if (typeof after !== 'number' || typeof leftMs !== 'number') return null;
      return { before: after - count, leftMs: Math.max(0, leftMs) };
    },
    signIn: async ({ key, member, epochMs, lifeMs }) => {
      const replies = await ask(client, (pipeline) =>
        pipeline
          .zadd(key, epochMs, member)
          .zremrangebyscore(key, '-inf', epochMs - lifeMs)
          .pexpire(key, lifeMs)
          .zrange(key, '0', '-1'),
      );
      const members = replies?.at(-1);
      return Array.isArray(members) ? members.map(String) : null;
    },
    signOut: async ({ key, member }) => {
      await ask(client, (pipeline) => pipeline.zrem(key, member));
    },
  };
}

/** The replies to all commands; null when one of them failed, whatever the reason. */
export async function ask(
  client: Redis,
  add: (pipeline: ChainableCommander) => ChainableCommander,
): Promise<unknown[] | null> {
  if (client.status !== 'ready') return null;
  try {
    const replies = (await inTime(client, add(client.pipeline()).exec())) ?? [];
    return replies.every(([error]) => error === null) ? replies.map(([, reply]) => reply) : null;
  } catch {
    return null;
  }
}

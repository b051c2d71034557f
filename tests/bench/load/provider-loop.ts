import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { generateBodies } from '../bodies.ts';
import { onInput } from './child.ts';

/** What delivery would do if calling the provider were all there is to it: undici, and as many calls at once. */
export type ProviderLoop = { port: number; count: number; concurrency: number };
export type ProviderLoopResult = { perSecond: number };

onInput(async ({ port, count, concurrency }: ProviderLoop): Promise<ProviderLoopResult> => {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: concurrency, pipelining: 1 });
  const messages = generateBodies(4, count).map(({ recipient: to, channel, content }) =>
    JSON.stringify({ to, channel, content }),
  );
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: concurrency }, () => callUntilEmpty(pool, messages)));
  const seconds = (performance.now() - startedAt) / 1_000;
  return { perSecond: count / seconds };
});

async function callUntilEmpty(pool: Pool, messages: string[]): Promise<void> {
  for (let body = messages.pop(); body !== undefined; body = messages.pop()) {
    const answer = await pool.request({
      path: '/',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body,
    });
    await answer.body.json();
    if (answer.statusCode !== 202) throw new Error(`the simulator answered ${answer.statusCode}`);
  }
}

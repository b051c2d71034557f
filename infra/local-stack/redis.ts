import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from './part.ts';
import { answersWith } from './probe.ts';

export function redisPart(deps: { server: string; dir: string; port: number }): Part {
  const data = join(deps.dir, 'redis');
  return {
    name: 'redis',
    port: deps.port,
    mark: data,
    logFile: join(deps.dir, 'logs/redis.log'),
    async prepare() {
      mkdirSync(data, { recursive: true });
      const settings = {
        port: String(deps.port),
        bind: '127.0.0.1',
        dir: data,
        // Every write is in a log that is synced each second; snapshots would only add to it.
        appendonly: 'yes',
        save: '',
        // Its command line stays as it is, which is how a later start knows it.
        'set-proc-title': 'no',
      };
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
      return { command: deps.server, args };
    },
    // Not the open port: while it loads its data, Redis answers -LOADING.
    answers: () => answersWith(deps.port, Buffer.from('PING\r\n'), Buffer.from('+PONG')),
  };
}

export function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

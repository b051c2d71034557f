import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { UserError } from '../user-error.ts';

/** Below the ports that systems hand to outgoing connections, so that none of these takes a port before its server. */
const FREE_PORTS = { first: 10_240, count: 10_000 };
const taken = new Set<number>();

/** A port of 127.0.0.1 that nothing listens on, and that this process has not given out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FREE_PORTS.first + Math.floor(Math.random() * FREE_PORTS.count);
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
}

export type WantedPort = { port: number; name: string; setting: string };

/** Refuses with every port that is taken, by whom, and which setting moves us elsewhere. */
export async function requireFreePorts(wanted: WantedPort[]): Promise<void> {
  const checked = await Promise.all(wanted.map(async (one) => ({ ...one, free: await isFree(one.port) })));
  const lines = checked.filter(({ free }) => !free).map(describeTaken);
  if (lines.length > 0) throw new UserError(lines.join('\n'));
}

function describeTaken({ port, name, setting }: WantedPort): string {
  const holder = findHolder(port);
  return `Port ${port} (${name}) is taken${holder}: stop what uses it, or choose another, e.g. ${setting}=${port + 1000}.`;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A courtesy for the message: nothing where neither tool is there or it may not see the process. */
function findHolder(port: number): string {
  const lsof = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { encoding: 'utf8' });
  const [, pid, command] = /^p(\d+)\nc(.+)$/m.exec(lsof.stdout ?? '') ?? [];
  if (pid !== undefined) return ` by ${command ?? 'a process'} (pid ${pid})`;
  const ss = spawnSync('ss', ['-ltnpH', `sport = :${port}`], { encoding: 'utf8' });
  const [, name, id] = /\("([^"]+)",pid=(\d+)/.exec(ss.stdout ?? '') ?? [];
  return id === undefined ? '' : ` by ${name ?? 'a process'} (pid ${id})`;
}

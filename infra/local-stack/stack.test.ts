import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { stateDir } from '../paths.ts';
import { commandLine } from '../process/identity.ts';
import { type LocalStack, type PartExit, startLocalStack } from './stack.ts';

describe('local stack', () => {
  const dir = join(stateDir, `test-stack-${process.pid}`);
  const lines: string[] = [];
  const onProgress = (line: string): void => void lines.push(line);
  const start = (onExit?: (exit: PartExit) => void): Promise<LocalStack> =>
    startLocalStack({ dir, ports: 'free', onProgress, ...(onExit === undefined ? {} : { onExit }) });

  beforeEach(() => (lines.length = 0));
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('survives the death of its supervisor: what runs is ended, what was written is kept', async () => {
    const killed = await superviseElsewhere(dir);
    const second = await start().catch((error: unknown) => String(error));
    expect(second).to.include(`Already running (pid ${killed.supervisor.pid})`);

    const id = await registerSchema(killed.addresses.SCHEMA_REGISTRY_URL);
    await redis(killed.addresses.REDIS_URL, 'SET kept yes');
    killed.supervisor.kill('SIGKILL');
    await once(killed.supervisor, 'exit');
    const stack = await start();

    expect(lines.filter((line) => line.includes('left over'))).to.have.length(4);
    expect(killed.pids.map(commandLine)).to.deep.equal([undefined, undefined, undefined, undefined]);
    expect(await redis(stack.addresses.REDIS_URL, 'GET kept')).to.equal('$3\r\nyes\r\n');
    expect(await registerSchema(stack.addresses.SCHEMA_REGISTRY_URL)).to.equal(id);
    await stack.stop();
  });

  it('reports a part that is killed, restarts it on the same data, and leaves no process behind', async () => {
    const exits = new EventTarget();
    const exited = once(exits, 'exit');
    const stack = await start(({ name }) => exits.dispatchEvent(new CustomEvent('exit', { detail: name })));
    const parts = Object.values(stack.processes);
    await redis(stack.addresses.REDIS_URL, 'SET kept again');

    stack.processes.redis.kill('SIGKILL');
    const [event] = await exited;
    expect((event as CustomEvent).detail).to.equal('redis');
    await stack.processes.redis.restart();
    // An append-only file is written with each command; only its sync to the disk waits up to a second.
    expect(await redis(stack.addresses.REDIS_URL, 'GET kept')).to.equal('$5\r\nagain\r\n');

    const pids = parts.map(({ pid }) => pid);
    await stack.stop();
    expect(pids.map(commandLine)).to.deep.equal([undefined, undefined, undefined, undefined]);
  });

  it('gives a start up when told to', async () => {
    const abort = new AbortController();
    const starting = startLocalStack({ dir, ports: 'free', onProgress, signal: abort.signal });
    const outcome = starting.then(
      () => 'started',
      () => 'given up',
    );
    abort.abort();
    expect(await outcome).to.equal('given up');
    await (await start()).stop();
  });
});

type Elsewhere = { supervisor: ChildProcess; addresses: LocalStack['addresses']; pids: number[] };

/** Another process that runs the stack, until it is killed. */
async function superviseElsewhere(dir: string): Promise<Elsewhere> {
  const program = `
    const { startLocalStack } = await import(${JSON.stringify(join(import.meta.dirname, 'stack.ts'))});
    const stack = await startLocalStack({ dir: ${JSON.stringify(dir)}, ports: 'free', onProgress() {} });
    const pids = Object.values(stack.processes).map(({ pid }) => pid);
    console.log(JSON.stringify({ addresses: stack.addresses, pids }));
    setInterval(() => {}, 1000);`;
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(supervisor.stdout), 'line');
  return { supervisor, ...JSON.parse(String(line)) };
}

async function redis(url: string, command: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [reply] = await once(socket, 'data');
  socket.destroy();
  return String(reply);
}

async function registerSchema(registryUrl: string): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/test/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: '"string"' }),
  });
  const { id } = (await response.json()) as { id: number };
  return id;
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { PORT_SETTINGS } from '../local-stack/stack.ts';
import { freePort } from '../local-stack/ports.ts';
import { stateDir } from '../paths.ts';
import { commandLine } from '../process/identity.ts';
import { services } from '../services.ts';

/** A start of the whole system on a busy machine. */
const UP_MS = 90_000;

describe('npm start', function () {
  this.timeout(4 * UP_MS);
  let dir = '';
  let env: NodeJS.ProcessEnv = {};
  let location = '';
  let running: ReturnType<typeof start> | undefined;

  before(async () => {
    dir = mkdtempSync(join(stateDir, 'test-start-'));
    const settings = [...Object.values(PORT_SETTINGS), ...services.map(({ portSetting }) => portSetting)];
    const ports = await Promise.all(settings.map(async (setting) => [setting, String(await freePort())]));
    env = {
      ...Object.fromEntries(ports),
      DATA_DIR: join(dir, 'data'),
      RETRY_DELAYS: '100ms,100ms,100ms,100ms',
    };
  });
  afterEach(async () => {
    running?.child.kill('SIGINT');
    await running?.ended;
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('shows three journeys to their end, and its curl line works as it stands', async () => {
    running = start(env, []);
    const output = await running.until('Everything is up');
    for (const label of ['plain sms', 'email that fails twice', 'push due in 5 s'])
      expect(output).to.match(new RegExp(`${label} +delivered`));
    expect(output).to.match(/email that fails twice +retrying \(HTTP 503\)/);

    const [curl = ''] = /curl -s .*/.exec(await running.until('curl -s')) ?? [];
    const answer = JSON.parse(execFileSync('sh', ['-c', curl], { encoding: 'utf8' }));
    expect(answer).to.include({ recipient: '+15550100', content: 'Hello from curl', status: 'queued' });
    location = `/api/v1/notifications/${answer.id}`;
    await stopAndExpectNothingLeft(running);
  });

  it('goes on with its data, starts again what is killed, refuses a second start, and leaves nothing', async () => {
    running = start(env, ['--no-samples']);
    await running.until('Everything is up');
    const response = await fetch(`http://127.0.0.1:${env['HTTP_PORT']}${location}`);
    expect(await response.json()).to.include({ content: 'Hello from curl', status: 'delivered' });

    const second = start(env, []);
    await second.ended;
    expect(second.output()).to.include(`Already running (pid ${running.child.pid})`);
    expect(second.child.exitCode).to.equal(1);

    process.kill(pidOf(running.child, 'scheduler'), 'SIGKILL');
    await running.until('scheduler is back');
    process.kill(pidOf(running.child, 'redis'), 'SIGKILL');
    await running.until('redis is back');
    await stopAndExpectNothingLeft(running);
  });
});

function start(env: NodeJS.ProcessEnv, args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const ended: Promise<unknown> = once(child, 'close');
  const until = async (words: string): Promise<string> => {
    const gone = ended.then(() => text.includes(words) || Promise.reject(new Error(`it ended:\n${text}`)));
    await Promise.race([gone, eventually(() => text.includes(words), { timeoutMs: UP_MS })]);
    return text;
  };
  return { child, until, output: () => text, ended };
}

async function stopAndExpectNothingLeft({ child, ended, output }: ReturnType<typeof start>): Promise<void> {
  const pids = childrenOf(child).map(({ pid }) => pid);
  expect(pids).to.have.length(4 + services.length);
  child.kill('SIGINT');
  await ended;
  expect(output()).to.include('Stopped in');
  expect(child.exitCode).to.equal(0);
  expect(pids.filter((pid) => commandLine(pid) !== undefined)).to.deep.equal([]);
}

function pidOf(child: ChildProcess, name: string): number {
  return childrenOf(child).find((known) => known.name === name)?.pid ?? 0;
}

function childrenOf({ pid }: ChildProcess): { name: string; pid: number }[] {
  return JSON.parse(readFileSync(join(stateDir, 'children', `${pid}.json`), 'utf8')).children;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ServiceProcess } from '@fanfare/infra/services';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getTrace } from './api.ts';
import { run } from './program.ts';
import { callsSince } from './simulator.ts';
import { useSystem } from './system.ts';

const CLI = new URL('../../packages/cli/bin/fanfare.mjs', import.meta.url).pathname;
const TERMINAL = new URL('terminal.py', import.meta.url).pathname;
const INTERRUPTED = 130;
const ESCAPE = '\u001b';
/** What somebody sits before, whatever the tests themselves run on. */
const COLOUR_TERMINAL = {
  TERM: 'xterm-256color',
  CI: undefined,
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
} satisfies NodeJS.ProcessEnv;

type Line = { notification_id: string; status: string; version: number };

describe('fanfare at a shell', () => {
  const system = useSystem();
  const env = (): NodeJS.ProcessEnv => ({ FANFARE_URL: system().apiUrl });
  const fanfare = (args: string[], input = '') =>
    run(process.execPath, [CLI, ...args], { env: env(), input });
  const send = (content: string, ...more: string[]) =>
    fanfare(['send', '--channel', 'sms', '--to', '+15550100', '--content', content, ...more]);
  const onTerminal = (until: string, args: string[], more: NodeJS.ProcessEnv = {}) =>
    run('python3', [TERMINAL, until, process.execPath, CLI, ...args], {
      env: { ...env(), ...COLOUR_TERMINAL, ...more },
    });

  it('draws a journey with its retry, and ends as it ended', async () => {
    const { code, stdout } = await send('hello [fail:1]');
    expect(code).to.equal(0);
    const [title, , ...steps] = stdout.toString().trimEnd().split('\n');
    expect(title).to.match(/^sms to \+15550100, [0-9a-f-]{36}$/);
    expect(steps.map((step) => step.replace(/^ {2}(. \w+) +[\d.]+ m?s {2}/, '$1 '))).to.satisfy(
      ([queued, first, retrying, second, delivered, ...rest]: string[]) =>
        /^ {2}○ queued +\d+ ms$/.test(queued ?? '') &&
        first === '● processing attempt 1 of 5' &&
        /^↻ retrying again in \d+s, HTTP 503 .*, by http$/.test(retrying ?? '') &&
        second === '● processing attempt 2 of 5' &&
        /^✔ delivered by http, as [0-9a-f-]{36}$/.test(delivered ?? '') &&
        rest.length === 0,
      stdout.toString(),
    );
    expect((await send('no [reject]')).code).to.equal(1);
  });

  it('shows in colour what happens, on a terminal alone, until Ctrl-C', async () => {
    const row = / {2}sms {6}[0-9a-f-]{36} {2}1\/5 {6}http {8}[0-9a-f-]{24}…/;
    const coloured = await follow();
    expect(coloured).to.include(`${ESCAPE}[32mdelivered${ESCAPE}[39m `).and.to.match(row);
    expect(coloured).to.match(/TIME {11}STATUS {6}CHANNEL {2}ID/);
    const plain = await follow({ NO_COLOR: '1' });
    expect(plain).to.match(row).and.to.not.include(`${ESCAPE}[3`);
  });

  it('ends well when nobody reads on', async () => {
    const tail = spawn(
      'sh',
      ['-c', `{ "$0" "$1" tail --json; echo "code $?" >&2; } | head -1`, process.execPath, CLI],
      {
        env: { ...process.env, ...env() },
      },
    );
    const ended = Promise.all([text(tail.stdout), text(tail.stderr), once(tail, 'close')]);
    await untilDone(ended, () => send('hello', '--no-wait'));
    const [out, err] = await ended;
    expect(JSON.parse(out)).to.include({ channel: 'sms' });
    expect(err).to.equal('code 0\n');
  });

  it('misses nothing and tells nothing twice when the gateway is killed, and says so', async () => {
    const gateway = await system().addReplica('gateway');
    const tail = startTail(gateway);
    const heard = await tail.hears('before');
    await kill(gateway);
    await eventually(() => tail.told().includes('connecting again'));
    const missed = await idOf(send('meanwhile', '--no-wait'));
    await eventually(async () =>
      expect((await getTrace(system().apiUrl, missed)).at(-1)?.event).to.equal('delivered'),
    );
    const again = await system().addReplica('gateway', { GATEWAY_PORT: String(gateway.port) });
    await eventually(() => tail.versionsOf(missed).length > 0);
    const last = await tail.hears('after');
    expect(await tail.stop()).to.equal(INTERRUPTED);
    for (const id of [heard, missed, last]) {
      const trace = await getTrace(system().apiUrl, id);
      const versions = trace
        .filter(({ event }) => event !== 'created')
        .map(({ details }) => details['version']);
      expect(tail.versionsOf(id), id).to.deep.equal(versions);
    }
    expect(tail.told()).to.match(/^The connection is lost \(.+\); connecting again\.\nConnected again\.\n$/);
    await kill(again);
  });

  it('sends a file to its end after it was killed, and nobody gets it twice', async () => {
    const size = 2_500;
    const sinceMs = Date.now();
    const numbers = Array.from({ length: size }, (_, index) => `+1555${1_000_000 + index}`);
    const csv = `to,var.Name,content\n${numbers.map((to) => `${to},Ada,"one, for ${to}"\n`).join('')}`;
    const correlationId = `file-${sinceMs}`;
    const flags = ['send', '--file', '-', '--channel', 'sms', '--correlation-id', correlationId];
    const first = spawn(process.execPath, [CLI, ...flags], { env: { ...process.env, ...env() } });
    const gone = once(first, 'close');
    first.stdin.write(csv.slice(0, csv.indexOf(numbers.at(-10) ?? '')));
    await eventually(async () => expect(await acceptedUnder(correlationId)).to.be.greaterThan(0));
    first.kill('SIGKILL');
    await gone;
    const { code, stdout, stderr } = await fanfare([...flags, '--wait'], csv);
    expect(code, stderr).to.equal(0);
    expect(stdout.toString()).to.match(
      /^(1,500 accepted, 1,000|500 accepted, 2,000) had been before, in .*\n2,500 delivered\.\n$/,
    );
    const calls = await callsSince(system().simulatorUrl, sinceMs);
    expect(
      calls
        .map(({ to }) => to)
        .filter((to) => numbers.includes(to))
        .toSorted(),
    ).to.deep.equal(numbers);
  });

  it('names the bad lines of a file, and sends none of its batch', async () => {
    const lines =
      '{"channel":"sms","recipient":"+15550100","content":"hi"}\n{"channel":"fax"}\n{"channel":\n';
    const { code, stderr } = await fanfare(['send', '--file', '-'], lines);
    expect(code).to.equal(1);
    expect(stderr).to.include('standard input:3: is not JSON');
    const mended = await fanfare(['send', '--file', '-'], lines.replace('{"channel":\n', ''));
    expect(mended.stderr).to.include('standard input:2: channel must be one of sms, email, push');
  });

  /** What a terminal is shown of changes, until something is delivered. */
  async function follow(more: NodeJS.ProcessEnv = {}): Promise<string> {
    const shown = onTerminal('delivered', ['tail', '--status', 'queued,delivered'], more);
    const sent = untilDone(shown, () => send('hello', '--no-wait'));
    const { code, stdout, stderr } = await shown;
    await sent;
    expect(code, stdout.toString() + stderr).to.equal(INTERRUPTED);
    return stdout.toString();
  }

  async function acceptedUnder(correlationId: string): Promise<number> {
    const url = new URL(`/api/v1/notifications?correlation_id=${correlationId}&limit=1`, system().apiUrl);
    const { items } = (await (await fetch(url)).json()) as { items: unknown[] };
    return items.length;
  }

  function startTail(gateway: ServiceProcess) {
    const child = spawn(process.execPath, [CLI, 'tail', '--json'], {
      env: { ...process.env, FANFARE_URL: gateway.url },
    });
    const closed = once(child, 'close');
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const lines = (): Line[] =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    const versionsOf = (id: string): number[] =>
      lines()
        .filter((line) => line.notification_id === id)
        .map(({ version }) => version);
    return {
      versionsOf,
      told: () => err,
      /** Sends until one is heard of from its begin to its end. */
      hears: async (content: string): Promise<string> => {
        await eventually(async () => {
          await send(content, '--no-wait');
          expect(lines()).to.not.be.empty;
        });
        const id = await idOf(send(content));
        await eventually(() =>
          expect(lines().some((line) => line.notification_id === id && line.status === 'delivered')).to.equal(
            true,
          ),
        );
        return id;
      },
      stop: async () => {
        child.kill('SIGINT');
        await closed;
        return child.exitCode;
      },
    };
  }
});

/** What was accepted, by what `send` prints of it. */
async function idOf(sent: Promise<{ stdout: Buffer }>): Promise<string> {
  const { stdout } = await sent;
  return /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(stdout.toString())?.[0] ?? '';
}

async function kill(service: ServiceProcess): Promise<void> {
  service.kill('SIGKILL');
  await service.exited;
}

/** Does it again and again: nobody says from when on somebody listens. */
async function untilDone(done: Promise<unknown>, step: () => Promise<unknown>): Promise<void> {
  let isDone = false;
  void done.finally(() => {
    isDone = true;
  });
  for (;;) {
    if (isDone) return;
    await step();
  }
}

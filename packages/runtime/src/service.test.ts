import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect } from 'chai';

describe('runService', () => {
  it('starts, tells its settings and health, and stops cleanly on SIGTERM', async () => {
    const service = run(`start: async () => ({ checks: { kafka: () => true }, stop: async () => {} })`);
    expect(await service.line('settings')).to.have.nested.property('settings.TOKEN', '***');
    const { port } = await service.line('health answers');
    expect(await service.line('started'))
      .to.have.property('startedInMs')
      .that.is.a('number');
    expect((await fetch(`http://127.0.0.1:${String(port)}/healthz/ready`)).status).to.equal(200);
    service.kill('SIGTERM');
    expect(await service.line('stopping')).to.include({ signal: 'SIGTERM' });
    await service.line('stopped cleanly');
    expect(await service.exitCode).to.equal(0);
  });

  it('is alive but not ready while it starts and while it stops', async () => {
    const service = run(`start: async ({ log }) => {
      ${signalled}
      await nextSignal('in start');
      return { checks: {}, stop: () => nextSignal('in stop') };
    }`);
    const { port } = await service.line('health answers');
    const get = async (path: string) =>
      (await fetch(`http://127.0.0.1:${String(port)}/healthz/${path}`)).text();
    await service.line('in start');
    expect(await get('ready')).to.include('"starting"');
    expect(await get('live')).to.equal('live\n');
    service.kill('SIGUSR2');
    await service.line('started');
    expect(await get('ready')).to.equal('{"status":"ready"}\n');
    service.kill('SIGINT');
    await service.line('in stop');
    expect(await get('ready')).to.include('"stopping"');
    service.kill('SIGUSR2');
    expect(await service.exitCode).to.equal(0);
  });

  it('says what is wrong with the settings, a line each, and does not start', async () => {
    const service = run(`start: () => { throw new Error('reached') }`, {
      HEALTH_PORT: 'x',
      LOG_LEVEL: 'loud',
    });
    expect(await service.exitCode).to.equal(1);
    expect(service.errors()).to.equal(
      [
        'test does not start, its settings are wrong:',
        'LOG_LEVEL: must be one of debug, info, warn, error, got "loud"',
        'HEALTH_PORT: must be a port, 0-65535, got "x"\n',
      ].join('\n'),
    );
  });

  it('says in a line why it cannot start', async () => {
    const service = run(`start: async () => {
      const { connect } = await import('node:net');
      const { once } = await import('node:events');
      await once(connect(1, '127.0.0.1'), 'connect');
    }`);
    expect((await service.line('cannot start'))['msg']).to.equal(
      'cannot start: connect ECONNREFUSED 127.0.0.1:1',
    );
    expect(await service.exitCode).to.equal(1);
  });

  it('stops hard when the time is over, aborting what still runs and saying what was left', async () => {
    const service = run(
      `start: async ({ log }) => ({
        checks: {},
        stop: (signal) => new Promise(() => signal.addEventListener('abort', () => log.info('aborted'))),
        left: () => ({ inFlight: 3 }),
      })`,
      { STOP_TIMEOUT_MS: '50' },
    );
    await service.line('started');
    service.kill('SIGTERM');
    await service.line('aborted');
    expect(await service.line('stopped hard')).to.deep.include({ left: { inFlight: 3 }, timeoutMs: 50 });
    expect(await service.exitCode).to.equal(1);
  });

  it('does not call a stop clean that had to be aborted', async () => {
    const service = run(
      `start: async () => ({
        checks: {},
        stop: (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
      })`,
      { STOP_TIMEOUT_MS: '50' },
    );
    await service.line('started');
    service.kill('SIGTERM');
    expect(await service.line('stopped hard')).to.include({ left: 'unknown' });
    expect(await service.exitCode).to.equal(1);
  });

  it('takes signals in the same moment for one', async () => {
    const service = run(`start: async ({ log }) => {
      ${signalled}
      return { checks: {}, stop: () => nextSignal('in stop') };
    }`);
    await service.line('started');
    service.kill('SIGINT');
    service.kill('SIGTERM');
    await service.line('in stop');
    service.kill('SIGUSR2');
    expect(await service.exitCode).to.equal(0);
    expect(service.lines().filter(({ msg }) => msg === 'stopping')).to.have.length(1);
  });

  it('ends at once on a later signal', async () => {
    const service = run(`start: async () => ({ checks: {}, stop: () => new Promise(() => {}) })`);
    await service.line('started');
    service.kill('SIGINT');
    const repeat = setInterval(() => service.kill('SIGINT'), 50);
    expect(await service.exitCode).to.equal(130);
    clearInterval(repeat);
  });

  it('stops while it is still starting', async () => {
    const service = run(`start: () => new Promise(() => {})`, { STOP_TIMEOUT_MS: '50' });
    await service.line('health answers');
    service.kill('SIGTERM');
    expect(await service.line('stopped hard')).to.include({ left: 'it was still starting' });
    expect(await service.exitCode).to.equal(1);
  });

  it('exits with 1 when stopping fails', async () => {
    const service = run(`start: async () => ({ checks: {}, stop: () => Promise.reject(new Error('no')) })`);
    await service.line('started');
    service.kill('SIGTERM');
    expect(await service.line('stop failed')).to.have.nested.property('error.message', 'no');
    expect(await service.exitCode).to.equal(1);
  });

  for (const [name, bug] of [
    ['uncaught exception', `setImmediate(() => { throw new Error('bug') })`],
    ['unhandled rejection', `void Promise.reject(new Error('bug'))`],
  ] as const) {
    it(`logs an ${name} and exits`, async () => {
      const service = run(`start: async () => { ${bug}; return { checks: {}, stop: async () => {} } }`);
      expect(await service.line(name)).to.have.nested.property('error.message', 'bug');
      expect(await service.exitCode).to.equal(1);
    });
  }

  it('prints its manual with --help', async () => {
    const service = run(`start: () => { throw new Error('reached') }`, {}, ['--', '--help']);
    expect(await service.exitCode).to.equal(0);
    expect(service.output()).to.include('HEALTH_PORT [0]').and.include('TOKEN [***]');
  });
});

/** Source text of a step that waits for SIGUSR2, and says so when it is safe to send it. */
const signalled = `const nextSignal = (where) => new Promise((resolve) => {
  process.once('SIGUSR2', resolve);
  log.info(where);
});`;

/** A service of its own process, given the rest of its `runService` argument as source text. */
function run(source: string, env: Record<string, string> = {}, args: readonly string[] = []) {
  const program = `
    import { port, runService, secret, serviceSettings, text, z } from './index.ts';
    const config = z.object({
      ...serviceSettings,
      HEALTH_PORT: port().default(0).describe('health'),
      TOKEN: secret(text()).default('hunter2').describe('token'),
    });
    await runService({ name: 'test', config, healthPort: (c) => c.HEALTH_PORT, ${source} });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, ...args], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...env },
  });
  const watched = watch(child.stdout);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
  void exitCode.then(watched.end);
  return { ...watched, exitCode, errors: () => errors, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

type Line = Record<string, unknown> & { msg: string };

/** Reads log lines; `line` waits for the first whose message begins so. */
function watch(stdout: NodeJS.ReadableStream) {
  const all: string[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const wake = () => waiting.forEach((check) => check());
  createInterface({ input: stdout }).on('line', (line) => {
    all.push(line);
    wake();
  });
  const lines = (): Line[] =>
    all.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
  const line = (begin: string) =>
    new Promise<Line>((resolve, reject) => {
      const check = () => {
        const found = lines().find(({ msg }) => msg.startsWith(begin));
        if (found !== undefined) resolve(found);
        else if (ended) reject(new Error(`ended without a line "${begin}":\n${all.join('\n')}`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  const end = () => {
    ended = true;
    wake();
  };
  return { line, lines, end, output: () => all.join('\n') };
}

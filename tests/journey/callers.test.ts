import type { ServiceProcess } from '@fanfare/infra/services';
import { eventually, type RunningServices, stack, startServices } from '@fanfare/testkit';
import { expect } from 'chai';
import { type Gate, openGate } from './gate.ts';
import { mustRun, run } from './program.ts';
import { recipientFor } from './recipients.ts';

const CLI = new URL('../../packages/cli/bin/fanfare.mjs', import.meta.url).pathname;
const PATH = '/api/v1/notifications';
const PER_MINUTE = 20;
/** A key is looked up again after 5 s; the rest is for a machine that stands still. */
const A_FEW_SECONDS = { timeoutMs: 20_000 };
const SMS = { channel: 'sms', recipient: recipientFor('sms', 90), content: 'yalnız anahtarla' };

async function keys(...words: string[]): Promise<string> {
  const { DATABASE_URL } = await stack();
  return String(await mustRun(process.execPath, [CLI, 'keys', ...words], { env: { DATABASE_URL } })).trim();
}

function send(url: string, key: string): Promise<Response> {
  return fetch(new URL(PATH, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(SMS),
  });
}

function countOf(answers: Response[], status: number): number {
  return answers.filter((answer) => answer.status === status).length;
}

describe('callers with keys, over two ingest processes', () => {
  let services: RunningServices;
  let second: ServiceProcess;
  let redisGate: Gate;
  let urls: string[];

  before('start two, that lose Redis when the test says so', async () => {
    const { REDIS_URL } = await stack();
    const redis = new URL(REDIS_URL);
    redisGate = await openGate({ host: redis.hostname, port: Number(redis.port) });
    redis.host = `127.0.0.1:${redisGate.port}`;
    const limit = String(PER_MINUTE);
    const settings = { AUTH_MODE: 'api-key', INBOUND_RATE_PER_MINUTE: limit, REDIS_URL: redis.href };
    services = await startServices(['ingest'], settings);
    second = await services.addReplica('ingest');
    urls = [services.urls.ingest, second.url];
  });
  after(async () => {
    await services?.stop();
    redisGate?.shut();
  });

  /** By turns, one after the other. */
  async function sendMany(key: string, count: number): Promise<Response[]> {
    const answers: Response[] = [];
    for (let call = 0; call < count; call += 1) answers.push(await send(urls[call % urls.length] ?? '', key));
    return answers;
  }
  it('share one limit, and are told when they may go on', async () => {
    const key = await keys('create', '--name', 'shop');
    const answers = await sendMany(key, PER_MINUTE + 2);
    expect([countOf(answers, 202), countOf(answers, 429)]).to.deep.equal([PER_MINUTE, 2]);
    const [refused] = answers.slice(-1);
    expect(await refused?.json()).to.include({ type: '/probs/rate-limited', status: 429 });
    expect(Number(refused?.headers.get('retry-after'))).to.be.within(1, 60);
    expect(refused?.headers.get('ratelimit-policy')).to.equal(`"calls";q=${PER_MINUTE};w=60`);
    expect(refused?.headers.get('ratelimit')).to.match(/^"calls";r=0;t=\d+$/);
    expect((await send(urls[0] ?? '', await keys('create', '--name', 'other'))).status).to.equal(202);
  });

  it('are limited by each process while Redis is away', async () => {
    const key = await keys('create', '--name', 'no Redis');
    redisGate.shut();
    const answers = await sendMany(key, 2 * PER_MINUTE + 4);
    expect([countOf(answers, 202), countOf(answers, 429)]).to.deep.equal([2 * PER_MINUTE, 4]);
    await redisGate.open();
  });

  it('are refused within seconds of the revocation of their key, by every process', async () => {
    const key = await keys('create', '--name', 'revoked', '--scopes', 'admin');
    expect(countOf(await sendMany(key, 2), 202)).to.equal(2);
    const id = key.split('_')[1] ?? '';
    expect(await keys('revoke', id)).to.equal(`${id} (revoked) is revoked.`);
    for (const url of urls)
      await eventually(async () => {
        const answer = await fetch(new URL('/api/v1/lanes', url), {
          headers: { authorization: `Bearer ${key}` },
        });
        expect(answer.status).to.equal(401);
      }, A_FEW_SECONDS);
  });

  it('use the command line with their key', async () => {
    const env = { FANFARE_URL: urls[0] };
    const without = await run(process.execPath, [CLI, 'lanes', 'ls'], { env });
    expect([without.code, without.stderr]).to.deep.equal([
      1,
      'A valid API key is needed: send an API key as `Authorization: Bearer <key>`. FANFARE_API_KEY is the key that is sent.\n',
    ]);
    const FANFARE_API_KEY = await keys('create', '--name', 'operator', '--scopes', 'read');
    const withKey = await run(process.execPath, [CLI, 'lanes', 'ls', '--json'], {
      env: { ...env, FANFARE_API_KEY },
    });
    expect(withKey.code).to.equal(0);
  });

  it('leave nothing of their keys in what a process says', async () => {
    const secret = (await keys('create', '--name', 'secret')).split('_')[2] ?? '';
    await send(urls[0] ?? '', `fanfare_${'0'.repeat(16)}_${secret}`);
    const lines = services.processes.flatMap((process) => process.lastLines());
    expect(lines.filter((line) => line.includes(secret))).to.deep.equal([]);
  });
});

describe('a service that is to listen beyond loopback', () => {
  it('does not start without keys, and says what to do', async () => {
    const main = new URL('../../services/ingest/src/main.ts', import.meta.url).pathname;
    const { code, stderr } = await run(process.execPath, [main], {
      env: { HOST: '0.0.0.0', AUTH_MODE: 'none' },
    });
    expect(code).to.equal(1);
    expect(stderr.trim().split('\n')).to.deep.equal([
      'ingest does not start, its settings are wrong:',
      'AUTH_MODE: must be api-key where HOST is not a loopback address; `npx fanfare keys create` makes the first key, got "none"',
    ]);
  });
});

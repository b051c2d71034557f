import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const BIN = fileURLToPath(new URL('../bin/fanfare.mjs', import.meta.url));

/** The program as a shell runs it. */
async function fanfare(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], { env });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

describe('the fanfare program', () => {
  it('helps', async () => {
    const { code, out } = await fanfare(['--help']);
    expect(code).to.equal(0);
    expect(out).to.include('fanfare dlq redrive');
  });

  it('says what is wrong with its address, and with nobody there', async () => {
    const wrong = await fanfare(['dlq', 'ls'], { FANFARE_URL: 'nowhere' });
    expect(wrong.code).to.equal(2);
    expect(wrong.err).to.equal('FANFARE_URL: must be a URL like http://host:port, got "nowhere"\n');
    const nobody = await fanfare(['dlq', 'ls'], { FANFARE_URL: 'http://127.0.0.1:1' });
    expect(nobody.code).to.equal(1);
    expect(nobody.err).to.match(/^http:\/\/127\.0\.0\.1:1 cannot be reached .*`npm start`.*FANFARE_URL/);
    expect(nobody.err.split('\n')).to.have.length(2);
  });

  it('says which of what a projection check needs is not there, and how it is called', async () => {
    const env = { KAFKA_BROKERS: '127.0.0.1:1', DATABASE_URL: 'postgres://somebody:secret@127.0.0.1:1/x' };
    const nobody = await fanfare(['projection', 'check'], env);
    expect(nobody.code).to.equal(1);
    expect(nobody.err).to.match(
      /^(Postgres|Kafka) cannot be .* (DATABASE_URL|KAFKA_BROKERS) says where it is\.\n$/,
    );
    expect(nobody.err).to.not.include('secret');
    const wrong = await fanfare(['projection', 'repair', '--limit', '0'], env);
    expect([wrong.code, wrong.err]).to.deep.equal([2, '--limit must be a whole number from 1 to 10000.\n']);
  });
});

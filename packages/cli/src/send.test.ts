import { expect } from 'chai';
import type { WebSocket } from 'ws';
import { NOW, useApi } from './fixture.ts';
import { updateOf } from './update-fixture.ts';

const ID = updateOf().notification_id;
const CREATED = {
  id: ID,
  channel: 'sms',
  recipient: '+15550100',
  status: 'queued',
  scheduled_at: null,
  max_attempts: 5,
  created_at: new Date(NOW).toISOString(),
};
const at = (ms: number): string => new Date(NOW + ms).toISOString();
const QUEUED = updateOf({ status: 'queued', attempt: 0, version: 1, at: at(0) });
const PROCESSING = updateOf({ at: at(14) });
const RETRYING = updateOf({
  status: 'retrying',
  version: 13,
  at: at(61),
  provider: 'primary',
  reason: 'HTTP 503',
  next_retry_at: at(31_061),
});
const DELIVERED = updateOf({
  status: 'delivered',
  version: 900_007,
  at: at(31_400),
  attempt: 2,
  provider: 'backup',
  provider_message_id: 'm-17',
});
const FAILED = updateOf({
  status: 'failed',
  version: 900_006,
  at: at(40),
  reason: 'HTTP 400',
  provider: 'x',
});

/** The command against an API and a gateway that say what the test wants. */
describe('fanfare send', () => {
  const { call, asked } = useApi();
  const send = 'send --channel sms --to +15550100 --content hello';
  const accepted = { status: 202, body: CREATED };

  it('draws the journey as it happens, each state once, to its end', async () => {
    const onSocket = tells([PROCESSING, RETRYING, DELIVERED]);
    const script = [accepted, { body: traceOf(QUEUED) }, { body: traceOf(QUEUED, PROCESSING, RETRYING) }];
    const { code, out } = await call(send, script, { onSocket });
    expect(code).to.equal(0);
    expect(out.split('\n')).to.deep.equal([
      `sms to +15550100, ${ID}`,
      '',
      '  ○ queued         0 ms',
      '  ● processing    14 ms  attempt 1 of 5',
      '  ↻ retrying      61 ms  again in 31s, HTTP 503, by primary',
      '  ✔ delivered    31.4 s  by backup, as m-17',
      '',
    ]);
    expect(asked()[0]?.body).to.deep.equal({ channel: 'sms', recipient: '+15550100', content: 'hello' });
  });

  it('tells from the trace what was over before it listened', async () => {
    const trace = { body: traceOf(QUEUED, PROCESSING, FAILED) };
    const { code, out } = await call(send, [accepted, trace], { onSocket: tells([FAILED]) });
    expect(code).to.equal(1);
    expect(out.split('\n').map((line) => line.trim().split(/ +/)[1])).to.include.members([
      'processing',
      'failed',
    ]);
    expect(out).to.include('HTTP 400, by x');
  });

  it('goes on without the trace where that cannot be read', async () => {
    const busy = { status: 429, headers: { 'retry-after': '60' }, body: {} };
    for (const answer of [{ status: 403, body: {} }, busy]) {
      const { code, out } = await call(send, [accepted, answer], { onSocket: tells([DELIVERED]) });
      expect(code).to.equal(0);
      expect(out).to.include('✔ delivered');
    }
  });

  it('sends nothing when nobody could tell what becomes of it', async () => {
    const { code, err } = await call(send);
    expect(code).to.equal(1);
    expect(err).to.include('cannot be reached');
    expect(asked()).to.deep.equal([]);
  });

  it('does not wait when told so, and prints the id for a script', async () => {
    const { code, out } = await call(`${send} --no-wait`, [accepted]);
    expect([code, out]).to.deep.equal([0, `${ID}\n`]);
  });

  it('prints JSON: what was accepted, and every state', async () => {
    const script = [accepted, { body: traceOf(QUEUED) }];
    const { out } = await call(`${send} --json`, script, { onSocket: tells([DELIVERED]) });
    const [created, ...states] = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(created).to.deep.equal(CREATED);
    expect(states.map((state) => (state as typeof QUEUED).status)).to.deep.equal(['queued', 'delivered']);
  });

  it('tells what is wrong with it, when nothing was sent', async () => {
    const errors = [{ field: 'channel', message: 'must be one of sms' }];
    const refusal = { status: 400, body: { title: 'No', errors } };
    const { code, err } = await call('send --channel fax', [refusal], { onSocket: tells([]) });
    expect([code, err]).to.deep.equal([2, 'No.\n  channel: must be one of sms\n']);
  });

  it('leaves it to itself with Ctrl-C, and says how to look again', async () => {
    const stopping = new AbortController();
    const onSocket = (socket: WebSocket): void => {
      socket.on('message', () => stopping.abort());
    };
    const { code, err } = await call(send, [accepted], { onSocket, signal: stopping.signal });
    expect([code, err]).to.deep.equal([130, `It goes on without you: fanfare tail --id ${ID}\n`]);
  });

  it('takes everything that a notification may say', async () => {
    const words = ['send', '--no-wait', '--channel', 'email', '--to', 'a@example.org', '--subject', 'Hi'];
    words.push('--html', '<p>', '--priority', 'high', '--template', ID, '--var', 'Name=Ada = x');
    words.push('--var', 'Code=17', '--metadata', 'order=1', '--at', '10m', '--expires', '2030-02-01');
    await call(words, [accepted]);
    expect(asked()[0]?.body).to.deep.equal({
      channel: 'email',
      recipient: 'a@example.org',
      subject: 'Hi',
      html: '<p>',
      priority: 'high',
      template_id: ID,
      template_variables: { Name: 'Ada = x', Code: '17' },
      metadata: { order: '1' },
      scheduled_at: at(600_000),
      expires_at: '2030-02-01T00:00:00Z',
    });
  });

  const wrong: [string, RegExp][] = [
    ['send', /Say what to send/],
    ['send --var Name', /--var takes a name and a value, such as `--var Name=Ada`, not `Name`/],
    ['send --chanel sms', /Did you mean `--channel`\?/],
  ];
  for (const [line, said] of wrong)
    it(`refuses \`fanfare ${line}\``, async () => {
      const { code, err } = await call(line, [], { onSocket: tells([]) });
      expect(code).to.equal(2);
      expect(err).to.match(said);
      expect(asked()).to.deep.equal([]);
    });
});

/** A gateway that answers the first request with these states. */
function tells(states: object[]) {
  return (socket: WebSocket): void => {
    socket.on('message', () => {
      for (const state of states) socket.send(JSON.stringify(state));
    });
  };
}

function traceOf(...states: (typeof QUEUED)[]): object {
  const created = { event: 'created', created_at: at(0), details: {} };
  const entries = states.map(({ status, at: created_at, ...details }) => {
    const known = Object.entries(details).filter(([, value]) => value !== null);
    return { event: status, created_at, details: Object.fromEntries(known) };
  });
  return { entries: [created, ...entries] };
}

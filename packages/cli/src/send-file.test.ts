import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { useApi } from './fixture.ts';
import { updateOf } from './update-fixture.ts';

const FLAGS = '--channel sms --content hello';
const idOf = (index: number): string => `0190aaaa-0000-7000-8000-00000000000${index}`;
const accepted = (index: number, size: number) => ({ status: 202, body: { id: idOf(index), size } });
const repeated = (index: number, size: number) => ({ ...accepted(index, size), status: 200 });

function people(count: number): string {
  return `to\n${Array.from({ length: count }, (_, index) => `+1555${1_000 + index}\n`).join('')}`;
}

/** The command against an API that says what the test wants. */
describe('fanfare send --file', () => {
  const { call, asked, headers } = useApi();
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfare-send-'));
    file = join(folder, 'people.csv');
  });
  after(() => rm(folder, { recursive: true }));

  const notifications = (): object[][] =>
    asked().map(({ body }) => (body as { notifications: object[] }).notifications);
  const sizes = (): number[] => notifications().map(({ length }) => length);
  const keys = (): unknown[] => headers().map((one) => one['idempotency-key']);

  it('sends it in batches, under one correlation id, and says what was accepted', async () => {
    await writeFile(file, people(2_345));
    const script = [accepted(1, 1_000), accepted(2, 1_000), accepted(3, 345)];
    const { code, out, err } = await call(`send --file ${file} ${FLAGS}`, script);
    expect([code, out]).to.deep.equal([0, '2,345 accepted, in 0 ms.\n']);
    expect(err).to.match(/^Their correlation id is send-[0-9a-f]{16}\.\n$/);
    expect(sizes()).to.deep.equal([1_000, 1_000, 345]);
    expect(notifications()[0]?.[0]).to.deep.equal({
      channel: 'sms',
      content: 'hello',
      recipient: '+15551000',
    });
    expect(new Set(headers().map((one) => one['x-correlation-id'])).size).to.equal(1);
    expect(new Set(keys()).size).to.equal(3);
  });

  it('run again sends the same under the same keys, and says that it had been', async () => {
    await writeFile(file, people(1_500));
    await call(`send --file ${file} ${FLAGS}`, [accepted(1, 1_000), { status: 400, body: { title: 'No' } }]);
    const script = [repeated(1, 1_000), accepted(2, 500)];
    const { code, out } = await call(`send --file ${file} ${FLAGS}`, script);
    expect([code, out]).to.deep.equal([0, '500 accepted, 1,000 had been before, in 0 ms.\n']);
    expect(keys().slice(2)).to.deep.equal(keys().slice(0, 2));
    await call(`send --file ${file} ${FLAGS} --idempotency-key monday`, [
      accepted(1, 1_000),
      accepted(2, 500),
    ]);
    expect(new Set(keys()).size).to.equal(4);
  });

  it('stops before anything of a batch with a bad line is sent, and names the lines', async () => {
    await writeFile(file, `${people(1_200)}+1,x\n`);
    const { code, out, err } = await call(`send --file ${file} ${FLAGS}`, [accepted(1, 1_000)]);
    expect([code, out]).to.deep.equal([1, '1,000 accepted, in 0 ms.\n']);
    expect(err).to.include(`${file}:1202: has 2 cells, and the header 1\n`);
    expect(err).to.include('Nothing was sent from line 1002 on.');
    expect(sizes()).to.deep.equal([1_000]);
  });

  it('names the lines that the API refuses', async () => {
    await writeFile(file, people(1_010));
    const errors = [
      { field: 'notifications[3].recipient', message: 'must be a number' },
      { field: 'notifications[9].content', message: 'must not be blank' },
    ];
    const refusal = { status: 400, body: { title: 'The recipient is not valid', errors } };
    const { code, err } = await call(`send --file ${file} ${FLAGS}`, [accepted(1, 1_000), refusal]);
    expect(code).to.equal(1);
    expect(err.split('\n').slice(0, 2)).to.deep.equal([
      `${file}:1005: recipient must be a number`,
      `${file}:1011: content must not be blank`,
    ]);
  });

  it('lists everything that is wrong with it when it is only checked', async () => {
    await writeFile(file, `to,content\n+15551000,hi\nnobody,\n+15551001,${'x'.repeat(161)}\n`);
    const { code, out, err } = await call(`send --file ${file} --channel sms --check`);
    expect(code).to.equal(1);
    expect(out.split('\n').map((line) => line.slice(file.length))).to.deep.equal([
      ':3: recipient must be a phone number in E.164 form: + and 2 to 15 digits',
      ':3: content must be a string',
      ':4: content must be at most 160 code points long',
      '',
    ]);
    expect([err, asked()]).to.deep.equal(['3 checked, 2 bad. Nothing was sent.\n', []]);
    await writeFile(file, people(2_000));
    expect((await call(`send --file ${file} ${FLAGS} --check`)).err).to.include('2,000 checked, all good.');
  });

  it('reads what another program writes', async () => {
    const typed = '{"channel":"push","recipient":"t","content":"hi"}\n';
    await call('send --file -', [accepted(1, 1)], { typed });
    expect(asked()[0]?.body).to.deep.equal({
      notifications: [{ channel: 'push', recipient: 't', content: 'hi' }],
    });
  });

  it('waits as long as it is asked to, under the same key', async () => {
    await writeFile(file, people(3));
    const busy = { status: 429, headers: { 'retry-after': '0' }, body: { title: 'Too many requests' } };
    const away = { ...busy, status: 503, body: { title: 'Not now' } };
    const script = [busy, away, away, accepted(1, 3)];
    const { code, err } = await call(`send --file ${file} ${FLAGS}`, script, { isTty: true });
    expect(code).to.equal(0);
    expect(err).to.include('0 accepted; again in 0s: Too many requests.');
    expect(new Set(keys()).size).to.equal(1);
  });

  it('draws a bar on a terminal, and takes it away', async () => {
    await writeFile(file, people(3));
    const { err } = await call(`send --file ${file} ${FLAGS}`, [accepted(1, 3)], { isTty: true });
    expect(err).to.include('[########################] 100 %  3 accepted');
    expect(err).to.include('\r\u001b[KTheir correlation id');
  });

  it('ends after the batch under way with Ctrl-C, and says how to go on', async () => {
    await writeFile(file, people(2_000));
    const stopping = new AbortController();
    stopping.abort();
    const { code, out, err } = await call(`send --file ${file} ${FLAGS}`, [], { signal: stopping.signal });
    expect([code, out]).to.deep.equal([130, '0 accepted, in 0 ms.\n']);
    expect(err).to.include('Interrupted. Run the same command again to go on');
  });

  it('ends with Ctrl-C also while nothing comes in', async () => {
    const stopping = new AbortController();
    setImmediate(() => stopping.abort());
    const sitting = { signal: stopping.signal, isTyping: true, typed: 'to\n+1' };
    const { code, err } = await call(`send --file - ${FLAGS}`, [], sitting);
    expect(code).to.equal(130);
    expect(err).to.include('Interrupted.');
  });

  it('waits for the end of all of them, and counts the ends', async () => {
    await writeFile(file, people(3));
    const batch_id = idOf(1);
    const ends = ['delivered', 'failed', 'delivered', 'delivered'].map((status, index) =>
      updateOf({ batch_id, status, notification_id: String(index % 3) }),
    );
    const { code, out } = await call(`send --file ${file} ${FLAGS} --wait`, [accepted(1, 3)], {
      onSocket: (socket) => {
        socket.on('message', () => {
          for (const end of ends) socket.send(JSON.stringify(end));
        });
      },
    });
    expect([code, out.split('\n')[1]]).to.deep.equal([1, '2 delivered, 1 failed.']);
  });

  it('prints JSON for programs', async () => {
    await writeFile(file, people(2));
    const { out } = await call(`send --file ${file} ${FLAGS} --correlation-id c --json`, [accepted(1, 2)]);
    const facts = { accepted: 2, repeated: 0, correlation_id: 'c', batch_ids: [idOf(1)] };
    expect(JSON.parse(out)).to.deep.equal(facts);
  });

  const wrong: [string, RegExp][] = [
    ['send --file /nowhere/people.csv', /people\.csv cannot be read \(ENOENT\)/],
    ['send --file /etc', /\/etc cannot be read \(EISDIR\)/],
    ['send --file x --to +1', /the recipients are in the file/],
    ['send --file x --at 10m', /--at must be a time, such as/],
    ['send --check', /--check goes with --file/],
  ];
  for (const [line, said] of wrong)
    it(`refuses \`fanfare ${line}\``, async () => {
      const { code, err } = await call(line);
      expect(code).to.be.within(1, 2);
      expect(err).to.match(said);
    });
});

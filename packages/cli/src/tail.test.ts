import { expect } from 'chai';
import type { WebSocket } from 'ws';
import { useApi } from './fixture.ts';
import { updateOf } from './update-fixture.ts';

const ID = updateOf().notification_id;

/** The command against a gateway that says what the test wants. */
describe('fanfare tail', () => {
  const { call } = useApi();

  it('prints a line for each change, and ends with Ctrl-C', async () => {
    const { asked, sitting } = gateway([
      { cursor: 'c0' },
      { ...updateOf({ status: 'queued', attempt: 0 }), cursor: 'c1' },
      { ...updateOf({ status: 'delivered' }), cursor: 'c2' },
    ]);
    const { code, out, err } = await call('tail', [], sitting);
    expect([code, err]).to.deep.equal([130, '']);
    expect(out.split('\n').map((line) => line.split(/ +/).slice(0, 3))).to.deep.equal([
      ['TIME', 'STATUS', 'CHANNEL'],
      ['09:00:00.123Z', 'queued', 'sms'],
      ['09:00:00.123Z', 'delivered', 'sms'],
      [''],
    ]);
    expect(asked).to.deep.equal([{ action: 'subscribe', all: true }]);
  });

  it('shows only the channels and statuses asked for, as JSON just as they came', async () => {
    const failed = { ...updateOf({ status: 'failed', channel: 'email' }), cursor: 'c', something_new: [1] };
    const frames = [updateOf({ status: 'failed' }), updateOf({ channel: 'email' }), failed];
    const { sitting } = gateway(frames);
    const { out } = await call('tail --json --channel email,push --status failed', [], sitting);
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .map((line): unknown => JSON.parse(line)),
    ).to.deep.equal([failed]);
  });

  it('goes on where a lost connection broke off, and says so', async () => {
    const { asked, sitting } = gateway(
      [{ cursor: 'c0' }, { ...updateOf(), cursor: 'c1' }],
      [],
      [{ ...updateOf({ status: 'delivered', version: 900_007 }), cursor: 'c2' }],
    );
    const { out, err } = await call('tail --json', [], sitting);
    expect(out.split('\n')).to.have.length(3);
    const [lost, again] = ['The connection is lost (code 1006); connecting again.', 'Connected again.'];
    expect(err.split('\n')).to.deep.equal([lost, again, lost, again, '']);
    expect(asked.slice(1)).to.deep.equal([
      { action: 'resume', cursor: 'c1' },
      { action: 'resume', cursor: 'c1' },
    ]);
  });

  it('says so when what was missed cannot be had any more', async () => {
    const { sitting } = gateway([{ cursor: 'c0' }], [{ resync: true, cursor: 'c9' }]);
    expect((await call('tail', [], sitting)).err).to.include('too long ago to be told');
  });

  it('tells a state of a batch once, also when it has to ask anew', async () => {
    const [one, other] = [updateOf(), updateOf({ notification_id: ID.replace('2', '3') })];
    const later = { ...one, status: 'delivered', version: 900_007 };
    const { asked, sitting } = gateway([one, other], [later, other, one]);
    const { out } = await call(`tail --batch ${ID} --json`, [], sitting);
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .map((line): unknown => JSON.parse(line)),
    ).to.deep.equal([one, other, later]);
    expect(asked[1]).to.deep.equal({ action: 'subscribe', batch_id: ID });
  });

  it('asks again when the state could not be read, or nobody more is listened to just then', async () => {
    for (const type of ['/probs/unavailable', '/probs/overloaded']) {
      const away = { error: { type, detail: 'it cannot be had now' } };
      const { asked, sitting } = gateway([away], [updateOf()]);
      const { err } = await call(`tail --id ${ID}`, [], sitting);
      expect(err).to.include('The connection is lost (it cannot be had now)');
      expect(asked).to.have.length(2);
    }
  });

  it('ends when there is nothing of that id', async () => {
    const { sitting } = gateway(
      [{ error: { type: '/probs/not-found', detail: 'there is nothing with this id' } }],
      [],
    );
    const { code, err } = await call(`tail --id ${ID}`, [], sitting);
    expect([code, err]).to.deep.equal([1, 'There is nothing with this id.\n']);
  });

  it('says so when there is no gateway', async () => {
    const { code, err } = await call('tail');
    expect(code).to.equal(1);
    expect(err).to.match(/cannot be reached \(the answer was 502\)/);
  });

  const refusals: [string, RegExp][] = [
    ['401 Unauthorized', /answered 401\. FANFARE_API_KEY must be a key that may read\./],
    ['403 Forbidden', /answered 403\. FANFARE_API_KEY/],
    ['404 Not Found', /answered 404\. Is FANFARE_URL the REST API of Fanfare\?/],
  ];
  for (const [refusal, said] of refusals)
    it(`says what to do about a ${refusal}`, async () => {
      const { code, err } = await call('tail', [], { refusal });
      expect(code).to.equal(1);
      expect(err).to.match(said);
    });

  const wrong: [string, RegExp][] = [
    ['tail --status delivred', /There is no status `delivred`\. Did you mean delivered\?/],
    ['tail --channel sms,fax', /There is no channel `fax`\. It is one of sms, email, push\./],
    ['tail --id 17', /An id is a UUID/],
    [`tail --id ${ID} --batch ${ID}`, /--id or --batch, not both/],
    ['tail everything', /takes no `everything`/],
  ];
  for (const [line, said] of wrong)
    it(`refuses \`fanfare ${line}\``, async () => {
      const { code, err } = await call(line);
      expect(code).to.equal(2);
      expect(err).to.match(said);
    });
});

/**
 * A gateway that answers what it is asked on each connection with frames of the script, and then breaks off, or
 * ends the command after the last.
 */
function gateway(...script: object[][]) {
  const asked: unknown[] = [];
  const stopping = new AbortController();
  const onSocket = (socket: WebSocket): void => {
    socket.on('message', (data: Buffer) => {
      asked.push(JSON.parse(data.toString()));
      for (const frame of script.shift() ?? []) socket.send(JSON.stringify(frame));
      if (script.length > 0) socket.terminate();
      else socket.ping('', false, () => stopping.abort());
    });
  };
  return { asked, sitting: { onSocket, signal: stopping.signal } };
}

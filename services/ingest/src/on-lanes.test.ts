import type { Channel } from '@fanfare/contracts';
import { announceLanes, DatabaseAway, throttleLane } from '@fanfare/db';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';

const URL = '/api/v1/lanes';
const CHAIN: { channel: Channel; provider: string; position: number }[] = [
  { channel: 'sms', provider: 'primary', position: 0 },
  { channel: 'sms', provider: 'backup', position: 1 },
  { channel: 'push', provider: 'acme', position: 0 },
];
const OPEN = { status: 'open', paused_at: null, paused_reason: null, throttled_until: null };
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('lanes', () => {
  const server = useServer();
  beforeEach(async () => {
    await server.db.query({ name: '', text: 'TRUNCATE lanes' }, []);
    await announceLanes(server.db, CHAIN);
  });

  const get = async (query = '') => (await server.app.inject(`${URL}${query}`)).json();
  const statuses = async () => (await get()).items.map(({ status }: { status: string }) => status);
  const patch = (path: string, body?: unknown) =>
    server.app.inject({
      method: 'PATCH',
      url: `${URL}/${path}`,
      ...(body !== undefined && {
        payload: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });

  it('are listed channel by channel in the order of their chain', async () => {
    const all = await get();
    expectContract(URL, 'get', '200', all);
    expect(all.items.map(nameOf)).to.deep.equal(['push/acme', 'sms/primary', 'sms/backup']);
    for (const lane of all.items) expect(lane).to.include(OPEN);
    expect((await get('?channel=sms')).items.map(nameOf)).to.deep.equal(['sms/primary', 'sms/backup']);
    expect(await get('?channel=email')).to.deep.equal({ items: [] });
  });

  it('are paused and resumed one by one, as often as one likes', async () => {
    const paused = await patch('sms/primary/pause', { reason: 'bakım 🛠️' });
    expect(paused.statusCode).to.equal(200);
    expectContract(`${URL}/{channel}/{provider}/pause`, 'patch', '200', paused.json());
    expect(paused.json()).to.include({ ...CHAIN[0], status: 'paused', paused_reason: 'bakım 🛠️' });
    expect(paused.json().paused_at).to.match(RFC3339);
    expect((await patch('sms/primary/pause')).json()).to.deep.equal(paused.json());
    expect((await get('?channel=sms')).items[0]).to.deep.equal(paused.json());
    expect((await get('?channel=sms')).items[1]).to.include(OPEN);
    for (const body of [undefined, {}, null]) {
      const resumed = await patch('sms/primary/resume', body);
      expect(resumed.statusCode).to.equal(200);
      expectContract(`${URL}/{channel}/{provider}/resume`, 'patch', '200', resumed.json());
      expect(resumed.json()).to.include(OPEN);
    }
  });

  it('are paused and resumed a channel at once', async () => {
    const paused = await patch('sms/pause', { reason: 'nothing goes out' });
    expect(paused.statusCode).to.equal(200);
    expectContract(`${URL}/{channel}/pause`, 'patch', '200', paused.json());
    expect(paused.json().items.map(nameOf)).to.deep.equal(['sms/primary', 'sms/backup']);
    expect(await statuses()).to.deep.equal(['open', 'paused', 'paused']);
    const resumed = await patch('sms/resume');
    expectContract(`${URL}/{channel}/resume`, 'patch', '200', resumed.json());
    expect(await statuses()).to.deep.equal(['open', 'open', 'open']);
  });

  it('say until when their provider asked for a pause, which an operator may end', async () => {
    await throttleLane(server.db, { channel: 'sms', provider: 'primary', forMs: 60_000 });
    const [lane] = (await get('?channel=sms')).items;
    expect(lane).to.include({ ...OPEN, status: 'throttled', throttled_until: lane.throttled_until });
    expect(lane.throttled_until).to.match(RFC3339);
    const paused = (await patch('sms/primary/pause')).json();
    expect(paused).to.include({ status: 'paused', throttled_until: lane.throttled_until });
    expect((await patch('sms/primary/resume')).json()).to.include(OPEN);
  });

  const unknown: [string, string][] = [
    ['fax', 'there is no channel fax; there are sms, email, push'],
    ['fax/primary', 'there is no channel fax; there are sms, email, push'],
    ['SMS', 'there is no channel SMS; there are sms, email, push'],
    ['email', 'there is no lane of email; no delivery process has announced any'],
    ['sms/primry', 'there is no lane primry of sms; there are primary, backup'],
    ['push/primary', 'there is no lane primary of push; there are acme'],
    ['sms/%00', 'there is no lane \0 of sms; there are primary, backup'],
    ['sms/%F0%9F%9B%A0', 'there is no lane 🛠 of sms; there are primary, backup'],
  ];
  for (const [path, detail] of unknown)
    it(`knows no ${path}, and says what there is`, async () => {
      for (const verb of ['pause', 'resume']) {
        const answer = await patch(`${path}/${verb}`);
        expect(answer.statusCode, verb).to.equal(404);
        expectContract(`${URL}/{channel}/pause`, 'patch', '404', answer.json());
        expect(answer.json()).to.include({ type: '/probs/not-found', detail });
      }
      expect((await get()).items.map(nameOf)).to.have.length(3);
    });

  const wrong: [string, unknown, string[]][] = [
    ['pause', { reason: '' }, ['reason']],
    ['pause', { reason: '   ' }, ['reason']],
    ['pause', { reason: 'x'.repeat(201) }, ['reason']],
    ['pause', { reason: '😀'.repeat(201) }, ['reason']],
    ['pause', { reason: 'two\nlines' }, ['reason']],
    ['pause', { reason: 'nul\0' }, ['reason']],
    ['pause', { reason: 'half \ud800' }, ['reason']],
    ['pause', { reason: 7, until: 'noon' }, ['reason', 'until']],
    ['pause', [], ['']],
    ['pause', 'x', ['']],
    ['resume', { reason: 'x' }, ['reason']],
    ['resume', { provider: 'primary' }, ['provider']],
    ['resume', [], ['']],
  ];
  for (const [verb, body, fields] of wrong)
    it(`refuses to ${verb} with ${JSON.stringify(body).slice(0, 40)}, and changes nothing`, async () => {
      await patch('push/pause');
      const before = await get();
      for (const path of ['sms', 'sms/primary', 'push']) {
        const answer = await patch(`${path}/${verb}`, body);
        expect(answer.statusCode).to.equal(400);
        expectContract(`${URL}/{channel}/pause`, 'patch', '400', answer.json());
        expect(answer.json().errors.map(({ field }: { field: string }) => field)).to.have.members(fields);
      }
      expect(await get()).to.deep.equal(before);
    });

  it('take a reason of 200 code points', async () => {
    const reason = '😀'.repeat(200);
    const paused = await patch('sms/primary/pause', { reason });
    expect(paused.json()).to.include({ paused_reason: reason });
    expectContract(`${URL}/{channel}/{provider}/pause`, 'patch', '200', paused.json());
  });

  it('refuse a filter that says nothing', async () => {
    const answer = await server.app.inject(`${URL}?channel=fax&provider=primary`);
    expect(answer.json()).to.include({ status: 400, type: '/probs/invalid-channel' });
    expectContract(URL, 'get', '400', answer.json());
    expect(answer.json().errors.map(({ field }: { field: string }) => field)).to.have.members([
      'channel',
      'provider',
    ]);
  });
});

function nameOf({ channel, provider }: { channel: string; provider: string }): string {
  return `${channel}/${provider}`;
}

const away = () => Promise.reject(new DatabaseAway('gone'));

describe('lanes while the database is away', () => {
  const server = useServer({ readLanes: away, pauseLane: away, resumeLane: away });

  it('say that they may have been changed', async () => {
    for (const url of [`${URL}/sms/pause`, `${URL}/sms/primary/resume`]) {
      const answer = await server.app.inject({ method: 'PATCH', url });
      expect(answer.statusCode).to.equal(503);
      expect(answer.headers['retry-after']).to.equal('1');
      expect(answer.json().detail).to.include('may have been done');
    }
    expect((await server.app.inject(URL)).statusCode).to.equal(503);
  });
});

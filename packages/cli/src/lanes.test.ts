import { expect } from 'chai';
import { NOW, useApi } from './fixture.ts';

const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();
const OPEN = { status: 'open', paused_at: null, paused_reason: null, throttled_until: null, seen_at: ago(7) };
const PRIMARY = { channel: 'sms', provider: 'primary', position: 0, ...OPEN };
const BACKUP = { channel: 'sms', provider: 'backup', position: 1, ...OPEN };
const ACME = { channel: 'push', provider: 'acme', position: 0, ...OPEN };
const PAUSED = { status: 'paused', paused_at: ago(754), paused_reason: 'bakım “gece”' };
const THROTTLED = { status: 'throttled', throttled_until: ago(-30) };
const NOT_FOUND = { status: 404, body: { title: 'Not found', detail: 'there is no lane' } };

describe('fanfare lanes', () => {
  const { call, asked } = useApi();

  it('lists as an aligned table, with how long', async () => {
    const lanes = [ACME, { ...PRIMARY, ...PAUSED }, { ...BACKUP, ...THROTTLED, seen_at: ago(200_000) }];
    const { code, out, err } = await call('lanes ls', [listOf(...lanes)]);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out.split('\n')).to.deep.equal([
      'LANE         POSITION  STATUS     FOR       SEEN       REASON',
      'push/acme    0         open       -         7s ago',
      'sms/primary  0         paused     12m 34s   7s ago     bakım “gece”',
      'sms/backup   1         throttled  30s more  2d 7h ago',
      '',
    ]);
    expect(asked()).to.deep.equal([{ method: 'GET', path: '/api/v1/lanes', body: null }]);
  });

  it('lists those of one channel, as JSON', async () => {
    const { out } = await call('lanes ls --channel sms --json', [listOf(PRIMARY, BACKUP)]);
    expect(JSON.parse(out)).to.deep.equal({ items: [PRIMARY, BACKUP] });
    expect(asked()[0]?.path).to.equal('/api/v1/lanes?channel=sms');
  });

  it('says so when there are none, and what starts some', async () => {
    const none = await call('lanes ls', [listOf()]);
    expect([none.code, none.out]).to.deep.equal([0, '']);
    expect(none.err).to.include('no delivery process has announced any').and.to.include('npm start');
    expect((await call('lanes ls --channel email', [listOf()])).err).to.equal('No lanes of email.\n');
  });

  it('pauses one lane, with a reason', async () => {
    const words = ['lanes', 'pause', 'sms/primary', '--reason', 'bakım “gece”'];
    const { code, out, err } = await call(words, [{ body: { ...PRIMARY, ...PAUSED } }]);
    expect([code, out, err]).to.deep.equal([0, 'sms/primary is paused.\n', '']);
    expect(asked()).to.deep.equal([
      { method: 'PATCH', path: '/api/v1/lanes/sms/primary/pause', body: { reason: 'bakım “gece”' } },
    ]);
  });

  it('pauses a channel, and says what that means', async () => {
    const both = listOf({ ...PRIMARY, ...PAUSED }, { ...BACKUP, ...PAUSED });
    const { code, out, err } = await call('lanes pause sms', [both]);
    expect([code, out]).to.deep.equal([0, 'sms/primary is paused.\nsms/backup is paused.\n']);
    expect(err).to.equal('Nothing of sms is sent until it is resumed.\n');
    expect(asked()).to.deep.equal([{ method: 'PATCH', path: '/api/v1/lanes/sms/pause', body: null }]);
  });

  it('resumes a lane and a channel', async () => {
    const one = await call('lanes resume sms/primary', [{ body: PRIMARY }]);
    expect([one.code, one.out, one.err]).to.deep.equal([0, 'sms/primary is open.\n', '']);
    const all = await call('lanes resume sms --json', [listOf(PRIMARY, BACKUP)]);
    expect(JSON.parse(all.out)).to.deep.equal({ items: [PRIMARY, BACKUP] });
    expect(asked()).to.deep.equal([
      { method: 'PATCH', path: '/api/v1/lanes/sms/primary/resume', body: null },
      { method: 'PATCH', path: '/api/v1/lanes/sms/resume', body: null },
    ]);
  });

  const slips: [string, object[], string][] = [
    ['sms/primry', [ACME, PRIMARY, BACKUP], 'There is no lane `sms/primry`. Did you mean `sms/primary`?\n'],
    ['smss', [ACME, PRIMARY, BACKUP], 'There is no lane `smss`. Did you mean `sms`?\n'],
    ['fax', [ACME, PRIMARY], 'There is no lane `fax`. There are: push/acme, sms/primary.\n'],
    [
      'sms',
      [],
      'There are no lanes: no delivery process has announced any. `npm start` starts one with all the rest.\n',
    ],
  ];
  for (const [name, lanes, says] of slips)
    it(`knows no ${name}, and says what may have been meant`, async () => {
      for (const verb of ['pause', 'resume']) {
        const { code, out, err } = await call(`lanes ${verb} ${name}`, [NOT_FOUND, listOf(...lanes)]);
        expect([code, out, err]).to.deep.equal([1, '', says]);
      }
    });

  it('tells what the API finds wrong with a reason', async () => {
    const errors = [{ field: 'reason', message: 'must be one line' }];
    const { code, err } = await call('lanes pause sms --reason x', [
      { status: 400, body: { title: 'The request is not valid', errors } },
    ]);
    expect([code, err]).to.deep.equal([2, 'The request is not valid.\n  reason: must be one line\n']);
  });

  it('waits while the database is away, and asks again', async () => {
    const body = { title: 'Not now', detail: 'the database went away' };
    const away = { status: 503, headers: { 'retry-after': '0' }, body };
    const { code, out, err } = await call('lanes resume sms/primary', [away, { body: PRIMARY }]);
    expect([code, out]).to.deep.equal([0, 'sms/primary is open.\n']);
    expect(err).to.equal('Not now: the database went away. Waiting.\n');
  });

  const wrong: [string, RegExp][] = [
    ['lanes', /fanfare lanes pause +Call a provider no more/],
    ['lanes pauze sms', /Did you mean `fanfare lanes pause`\?/],
    ['lane ls', /Did you mean `fanfare lanes ls`\?/],
    ['lanes pause', /Which one\? `fanfare lanes ls` lists them\./],
    ['lanes resume', /Which one\?/],
    ['lanes pause sms primary', /takes no `primary`/],
    ['lanes pause sms --reson x', /There is no `--reson`\. Did you mean `--reason`\?/],
    ['lanes resume sms --reason x', /There is no `--reason`/],
    ['lanes pause sms --reason', /argument missing/],
    ['lanes ls sms', /takes no `sms`/],
    ['lanes pause sms/', /Name a channel or one of its lanes/],
    ['lanes pause sms/a/b', /not `sms\/a\/b`/],
    ['lanes pause ./sms', /Name a channel/],
    ['lanes pause sms/..', /Name a channel/],
  ];
  for (const [args, says] of wrong)
    it(`refuses \`fanfare ${args}\` without asking the API`, async () => {
      const { code, out, err } = await call(args);
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.match(says);
      expect(asked()).to.deep.equal([]);
    });
});

function listOf(...items: object[]) {
  return { body: { items } };
}

import { expect } from 'chai';
import { commands } from './commands.ts';
import { type Answer, useApi } from './fixture.ts';

const AS_OF = '2030-01-31T08:59:59.000Z';
const LETTER = {
  id: '0190aaaa-0000-7000-8000-000000000001',
  notification_id: '0190bbbb-0000-7000-8000-000000000002',
  notification_status: 'failed',
  cycle: 0,
  channel: 'sms',
  reason: 'rejected',
  message: 'HTTP 400 “geçersiz”',
  partition: 3,
  offset: 42,
  source_topic: 'notifications.sms.high',
  source_partition: 1,
  source_offset: 7,
  resolution: null,
  resolved_at: null,
  created_at: '2030-01-31T08:00:00.123Z',
};
const NO_SKIPS = { already_redriven: 0, delivered: 0, cancelled: 0, expired: 0 };
const reportOf = (redriven: number, more: object = {}) => ({
  body: { redriven, skipped: NO_SKIPS, not_redrivable: 0, remaining: 0, as_of: AS_OF, ...more },
});

/** The commands against an HTTP server that says what the API would. */
describe('fanfare dlq', () => {
  const { call, asked } = useApi();

  it('lists as an aligned table, and says how to go on', async () => {
    const other = {
      ...LETTER,
      channel: null,
      reason: 'undecodable',
      notification_status: null,
      message: null,
    };
    const { code, out, err } = await call('dlq ls --channel sms --after 2h --limit 2', [
      { body: { items: [LETTER, other], next_cursor: 'abc' } },
    ]);
    expect(code).to.equal(0);
    expect(out.split('\n')).to.deep.equal([
      'CREATED               ID                                    CHANNEL  REASON       STATE  NOW     MESSAGE',
      `2030-01-31 08:00:00Z  ${LETTER.id}  sms      rejected     open   failed  HTTP 400 “geçersiz”`,
      `2030-01-31 08:00:00Z  ${LETTER.id}  -        undecodable  open   -`,
      '',
    ]);
    expect(err).to.include('--cursor abc');
    expect(asked()[0]?.path).to.equal(
      '/api/v1/dead-letters?channel=sms&after=2030-01-31T07%3A00%3A00.000Z&limit=2',
    );
  });

  it('lists more than the API gives at once, as JSON', async () => {
    const { out } = await call('dlq ls --limit 250 --json', [pageOf(200, 'p2'), pageOf(49, null)]);
    expect(JSON.parse(out)).to.have.property('items').with.length(249);
    expect(asked().map(({ path }) => path)).to.deep.equal([
      '/api/v1/dead-letters?limit=200',
      '/api/v1/dead-letters?limit=50&cursor=p2',
    ]);
  });

  it('says so when there are none', async () => {
    const { code, out, err } = await call('dlq ls', [{ body: { items: [], next_cursor: null } }]);
    expect([code, out, err]).to.deep.equal([0, '', 'No dead letters.\n']);
  });

  it('shows one with the command that reads its bytes', async () => {
    const { out } = await call(`dlq show ${LETTER.id}`, [{ body: LETTER }]);
    expect(out)
      .to.match(/^reason +rejected$/m)
      .and.to.match(/^came from +notifications\.sms\.high\/1\/7$/m);
    expect(out).to.include('kcat -C -b BROKER -t notifications.dlq -p 3 -o 42 -c 1');
    expect(JSON.parse((await call('dlq show x --json', [{ body: LETTER }])).out)).to.deep.equal(LETTER);
  });

  it('counts in a dry run, and changes nothing', async () => {
    const preview = reportOf(1_234, {
      skipped: { ...NO_SKIPS, expired: 2, delivered: 3 },
      not_redrivable: 1,
    });
    const { code, out } = await call('dlq redrive --reason rejected --dry-run', [preview]);
    expect([code, out]).to.deep.equal([
      0,
      '1,234 would be redriven, 5 skipped (3 delivered, 2 expired), 1 not redrivable.\n',
    ]);
    expect(asked()).to.deep.equal([
      { method: 'POST', path: '/api/v1/dead-letters/redrive', body: { reason: 'rejected', dry_run: true } },
    ]);
  });

  it('redrives call by call what there was at the start, and adds it up', async () => {
    const { code, out, err } = await call('dlq redrive --channel sms --rate 500 --yes', [
      reportOf(1_500),
      reportOf(1_000, { remaining: 500 }),
      reportOf(450, { skipped: { ...NO_SKIPS, cancelled: 50 } }),
    ]);
    expect([code, out]).to.deep.equal([0, '1,450 redriven, 50 skipped (50 cancelled).\n']);
    const body = { channel: 'sms', before: AS_OF, rate: 500 };
    expect(
      asked()
        .slice(1)
        .map((one) => one.body),
    ).to.deep.equal([body, body]);
    expect(err.split('\n').map((line) => line.replace(/, .*/, ''))).to.deep.equal([
      '1,000 of 1,500',
      '1,500 of 1,500',
      '',
    ]);
  });

  it('keeps an earlier end of the filter', async () => {
    await call('dlq redrive --before 2030-01-30 --yes', [reportOf(1), reportOf(1)]);
    expect(asked()[1]?.body).to.deep.equal({ before: '2030-01-30T00:00:00Z' });
    await call('dlq redrive --before 2040-01-30 --yes', [reportOf(1), reportOf(1)]);
    expect(asked()[3]?.body).to.deep.equal({ before: AS_OF });
  });

  it('draws a bar on a terminal', async () => {
    const script = [reportOf(4), reportOf(1, { remaining: 3 }), reportOf(3)];
    const { err, out } = await call('dlq redrive --yes', script, { isTty: true });
    expect(err).to.include('[######------------------]  25 %  1 of 4');
    expect(err).to.include('[########################] 100 %  4 of 4');
    expect(err.endsWith('\r\u001b[K'), 'the bar is taken away').to.equal(true);
    expect(out).to.equal('4 redriven.\n');
  });

  it('asks on a terminal, and takes only yes for yes', async () => {
    const yes = await call('dlq redrive', [reportOf(7), reportOf(7)], { isTty: true, typed: 'y\n' });
    expect(yes.err).to.include('7 can be redriven. Redrive? [y/N]');
    expect(yes.code).to.equal(0);
    for (const typed of ['n\n', '\n', 'yay\n', '']) {
      const no = await call('dlq redrive', [reportOf(7)], { isTty: true, typed });
      expect(no.code, JSON.stringify(typed)).to.equal(1);
      expect(no.err).to.include('Nothing was changed.');
    }
  });

  it('does not change anything unasked where nobody can be asked', async () => {
    const { code, err } = await call('dlq redrive', [reportOf(7)]);
    expect(code).to.equal(2);
    expect(err).to.include('--yes');
    expect(asked()).to.have.length(1);
  });

  it('asks nobody about nothing', async () => {
    const { code, out } = await call('dlq redrive', [reportOf(0, { not_redrivable: 2 })]);
    expect([code, out]).to.deep.equal([0, '0 redriven, 2 not redrivable.\n']);
  });

  it('ends after the call under way when it is interrupted, and says how far it came', async () => {
    const stopping = new AbortController();
    stopping.abort();
    const script = [reportOf(3_000), reportOf(1_000, { remaining: 2_000 })];
    const { code, out } = await call('dlq redrive --yes', script, { signal: stopping.signal });
    expect([code, out]).to.deep.equal([130, '1,000 redriven, 2,000 more not looked at.\n']);
  });

  it('redrives by id, tells what stands against one, and goes on', async () => {
    const refusal = { title: 'The dead letter cannot be redriven', detail: 'its notification is delivered' };
    const { code, out, err } = await call('dlq redrive a b/ö c --yes', [
      { status: 202, body: LETTER },
      { status: 409, body: refusal },
      { status: 202, body: LETTER },
    ]);
    expect([code, out]).to.deep.equal([1, '2 redriven.\n']);
    expect(err).to.equal('b/ö: The dead letter cannot be redriven: its notification is delivered.\n');
    expect(asked().map(({ path }) => path)[1]).to.equal('/api/v1/dead-letters/b%2F%C3%B6/redrive');
  });

  it('purges after a count, what was counted and nothing later', async () => {
    const script = [purged(1_500, 0), purged(1_000, 500), purged(500, 0)];
    const { code, out, err } = await call('dlq purge --state redriven', script, {
      isTty: true,
      typed: 'yes\n',
    });
    expect(code).to.equal(0);
    expect(out).to.equal('1,500 deleted.\n');
    expect(err).to.include('Delete 1,500 for good? [y/N]');
    expect(asked().map(({ body }) => body)).to.deep.equal([
      { state: 'redriven', dry_run: true },
      { state: 'redriven', before: AS_OF },
      { state: 'redriven', before: AS_OF },
    ]);
    expect((await call('dlq purge a --yes --json', [{ status: 204 }])).out).to.equal('{"deleted":1}\n');
  });

  it('prints JSON for programs', async () => {
    const { out } = await call('dlq redrive --yes --json', [reportOf(2), reportOf(2)]);
    expect(JSON.parse(out)).to.deep.equal({
      redriven: 2,
      skipped: NO_SKIPS,
      not_redrivable: 0,
      remaining: 0,
    });
  });

  it('waits as long as the API asks for, and asks again', async () => {
    const away = {
      status: 503,
      headers: { 'retry-after': '0' },
      body: { title: 'Not now', detail: 'the database is away' },
    };
    const { code, err } = await call('dlq ls', [away, away, { body: { items: [], next_cursor: null } }]);
    expect(code).to.equal(0);
    expect(err).to.equal('Not now: the database is away. Waiting.\nNo dead letters.\n');
  });

  it('tells everything that the API finds wrong with a request', async () => {
    const errors = [
      { field: 'channel', message: 'must be one of sms, email, push' },
      { field: 'after', message: 'must be an RFC 3339 time' },
    ];
    const { code, err } = await call('dlq ls --channel fax --after soon', [
      { status: 400, body: { title: 'The request is not valid', errors } },
    ]);
    expect(code).to.equal(2);
    expect(err.split('\n')).to.include('  channel: must be one of sms, email, push');
    expect(err.split('\n')).to.include('  after: must be an RFC 3339 time');
  });

  it('says what to look at when something else answers, or nobody', async () => {
    const other = await call('dlq ls', [{ status: 404, body: 'hello' }]);
    expect(other.code).to.equal(1);
    expect(other.err).to.include('404').and.to.include('FANFARE_URL');
  });

  const wrong: [string, RegExp][] = [
    ['dlq ls --chanel sms', /There is no `--chanel`\. Did you mean `--channel`\?/],
    ['dlq ls --colour red', /There is no `--colour`\. See `fanfare dlq ls --help`\./],
    ['dlq ls --channel', /--channel.*argument missing/],
    ['dlq ls --json=x', /--json/],
    ['dlq ls --limit 0', /--limit must be/],
    ['dlq ls extra', /takes no `extra`/],
    ['dlq show', /Which one\?/],
    ['dlq redrive --rate 0', /--rate must be/],
    ['dlq redrive --state open', /There is no `--state`/],
    ['dlq redrive a --channel sms', /not both/],
    ['dlq redrive a --dry-run', /go with a filter/],
    ['dlq redriv', /Did you mean `fanfare dlq redrive`\?/],
    ['dql ls', /Did you mean `fanfare dlq ls`\?/],
    ['dlq', /fanfare dlq redrive +Deliver again/],
    ['', /fanfare dlq ls +List/],
  ];
  for (const [args, says] of wrong)
    it(`refuses \`fanfare ${args}\` without asking the API`, async () => {
      const { code, out, err } = await call(args);
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.match(says);
      expect(asked()).to.deep.equal([]);
    });

  for (const { name, flags } of commands)
    it(`explains ${name}`, async () => {
      for (const flag of ['--help', '-h']) {
        const { code, out } = await call(`${name} ${flag}`);
        expect(code).to.equal(0);
        for (const known of Object.keys(flags)) expect(out).to.include(`--${known}`);
      }
    });
});

function pageOf(count: number, next_cursor: string | null): Answer {
  return { body: { items: Array.from({ length: count }, () => LETTER), next_cursor } };
}

function purged(deleted: number, remaining: number): Answer {
  return { body: { deleted, remaining, as_of: AS_OF } };
}

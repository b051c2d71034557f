import { expect } from 'chai';
import { ConfigError, describeConfig, explainConfig, loadConfig, z } from './config.ts';
import * as settings from './settings.ts';

const schema = z.object({
  HTTP_PORT: settings.port().default(8080).describe('The port of the REST API'),
  RETRY_DELAYS: settings.durationsMs().default([30_000, 60_000]).describe('Waits between attempts'),
  PROVIDER_TIMEOUT_MS: settings
    .durationMs()
    .default(10_000)
    .describe('How long a provider has, in milliseconds'),
  DATABASE_URL: settings
    .url(['postgres'])
    .default('postgres://fanfare@127.0.0.1/postgres')
    .describe('The database'),
  TOKEN: settings.secret(settings.text()).default('none').describe('A key'),
  WEBHOOK_TOKEN: settings.secret(settings.positiveInt().default(1)).describe('Marked outside of its default'),
});

describe('loadConfig', () => {
  it('takes the defaults for what is unset or empty', () => {
    const config = loadConfig(schema, { HTTP_PORT: '', UNRELATED: 'x' });
    expect(config.HTTP_PORT).to.equal(8080);
    expect(config.RETRY_DELAYS).to.deep.equal([30_000, 60_000]);
    expect(config).to.not.have.property('UNRELATED');
  });

  it('parses what is set', () => {
    const config = loadConfig(schema, {
      HTTP_PORT: ' 0 ',
      RETRY_DELAYS: '30s,1m, 2m,4m',
      PROVIDER_TIMEOUT_MS: '1.5s',
    });
    expect(config.HTTP_PORT).to.equal(0);
    expect(config.RETRY_DELAYS).to.deep.equal([30_000, 60_000, 120_000, 240_000]);
    expect(config.PROVIDER_TIMEOUT_MS).to.equal(1_500);
  });

  it('names every fault at once, a line each', () => {
    expect(() =>
      loadConfig(schema, { HTTP_PORT: 'x', RETRY_DELAYS: '1m,,2m', DATABASE_URL: 'mysql://h' }),
    ).to.throw(
      ConfigError,
      [
        'HTTP_PORT: must be a port, 0-65535, got "x"',
        'RETRY_DELAYS: must be a list of times like 30s,1m,2m, got "1m,,2m"',
        'DATABASE_URL: must be a URL like postgres://host:port, got "mysql://h"',
      ].join('\n'),
    );
  });

  it('never says the value of a secret, nor a password in a URL', () => {
    const env = { WEBHOOK_TOKEN: 'hunter2', DATABASE_URL: 'mysql://me:hunter2@h' };
    const fault = faultOf(() => loadConfig(schema, env));
    expect(fault).to.include('WEBHOOK_TOKEN').and.include('DATABASE_URL').and.include('me:***@h');
    expect(fault).to.not.include('hunter2');
  });

  it('asks for what has no default', () => {
    const required = z.object({ PROVIDER_URL: settings.url(['http']) });
    expect(faultOf(() => loadConfig(required, {}))).to.equal('PROVIDER_URL: must be set');
  });

  it('reports a rule between settings by the name it was given', () => {
    const lease = z
      .object({ LEASE_MS: settings.durationMs().default(1), OTHER: settings.text().default('') })
      .refine(({ LEASE_MS }) => LEASE_MS > 5, { path: ['LEASE_MS'], message: 'must be over 5' });
    expect(faultOf(() => loadConfig(lease, {}))).to.equal('LEASE_MS: must be over 5');
    expect(faultOf(() => loadConfig(lease, { LEASE_MS: '2' }))).to.equal('LEASE_MS: must be over 5, got "2"');
  });

  it('returns a result that cannot be changed at any depth', () => {
    const config = loadConfig(schema, {});
    expect(() => Object.assign(config, { HTTP_PORT: 1 })).to.throw(TypeError);
    expect(() => Object.assign(config.RETRY_DELAYS, [1])).to.throw(TypeError);
  });
});

describe('describeConfig', () => {
  it('hides secrets and passwords, and shows the rest', () => {
    const config = loadConfig(schema, { TOKEN: 'hunter2', DATABASE_URL: 'postgres://me:hunter2@h:1/db' });
    const printed = describeConfig(config);
    expect(printed).to.include({ HTTP_PORT: 8080, TOKEN: '***', WEBHOOK_TOKEN: '***' });
    expect(printed['DATABASE_URL']).to.equal('postgres://me:***@h:1/db');
  });

  it('hides them however a URL holds them', () => {
    const urls = z.object({ URLS: settings.text() });
    const printed = (value: string) => describeConfig(loadConfig(urls, { URLS: value }))['URLS'];
    expect(printed('redis://:hunter2@h:1')).to.equal('redis://:***@h:1');
    expect(printed('postgres://me:hunt@er:2@h/db')).to.equal('postgres://me:***@h/db');
    expect(printed('https://h/send?to=1&apiKey=hunter2&x=1')).to.equal('https://h/send?to=1&apiKey=***&x=1');
    expect(printed('postgres://fanfare@h:1/db')).to.equal('postgres://fanfare@h:1/db');
  });
});

describe('explainConfig', () => {
  it('lists each setting with its default and meaning, without secrets', () => {
    const manual = explainConfig(schema);
    expect(manual).to.include('HTTP_PORT [8080]\n    The port of the REST API');
    expect(manual).to.include('TOKEN [***]').and.not.include('none');
  });
});

describe('settings', () => {
  const cases: readonly [name: string, setting: z.ZodType, good: [string, unknown][], bad: string[]][] = [
    [
      'port',
      settings.port(),
      [
        ['0', 0],
        ['65535', 65_535],
      ],
      ['65536', '-1', '1.5', 'http', '0x10'],
    ],
    ['positiveInt', settings.positiveInt(), [['1', 1]], ['0', '-3', '1e3', '99999999999999999999']],
    [
      'integer',
      settings.integer({ min: 0, max: 9 }),
      [
        ['0', 0],
        ['9', 9],
      ],
      ['10', ''],
    ],
    [
      'ratio',
      settings.ratio(),
      [
        ['0', 0],
        ['0.25', 0.25],
        ['.5', 0.5],
        ['1', 1],
      ],
      ['1.1', '-0.1', 'half', '1e-1'],
    ],
    [
      'durationMs',
      settings.durationMs(),
      [
        ['10000', 10_000],
        ['250ms', 250],
        ['2h', 7_200_000],
      ],
      ['s', '-1s', '1w', '25d'],
    ],
    [
      'boolean',
      settings.boolean(),
      [
        ['true', true],
        ['0', false],
        ['ON', true],
        ['no', false],
      ],
      ['maybe', '2'],
    ],
    ['oneOf', settings.oneOf(['a', 'b']), [['a', 'a']], ['A', 'c']],
    [
      'someOf',
      settings.someOf(['a', 'b']),
      [
        ['a', ['a']],
        ['b, a', ['b', 'a']],
      ],
      ['a,c', 'a,'],
    ],
    ['hostPorts', settings.hostPorts(), [['h:1,[::1]:2', ['h:1', '[::1]:2']]], ['h', 'h:1,', 'http://h:1']],
    [
      'proxies',
      settings.proxies(),
      [
        ['0', 0],
        ['false', 0],
        ['true', 1],
        ['2', 2],
        ['10.0.0.7, fd00::/8', ['10.0.0.7', 'fd00::/8']],
      ],
      ['-1', 'all', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/8/8', '10.0.0.7,', 'localhost'],
    ],
    [
      'origins',
      settings.origins(),
      [['https://a.example, http://localhost:3000', ['https://a.example', 'http://localhost:3000']]],
      ['*', 'a.example', 'https://a.example/', 'https://a.example,', 'https://A.example'],
    ],
    ['url', settings.url(['http', 'https']), [['https://h/p?q', 'https://h/p?q']], ['h', 'ftp://h', '//h']],
  ];
  for (const [name, setting, good, bad] of cases) {
    it(`${name} takes what it should and nothing else`, () => {
      for (const [input, value] of good) expect(setting.parse(input), input).to.deep.equal(value);
      for (const input of bad) expect(setting.safeParse(input).success, input).to.equal(false);
    });
  }
});

function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

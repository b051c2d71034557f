import { ConfigError, describeConfig, loadConfig } from '@fanfare/runtime';
import { expect } from 'chai';
import { config } from './config.ts';
import { providersOf, slotsOf } from './provider-settings.ts';

const load = (env: Record<string, string>) => loadConfig(config(env), env);
const chainOf = (channel: 'sms' | 'email', env: Record<string, string>) => providersOf(load(env), channel);

function faultsOf(env: Record<string, string>): string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return [...error.faults];
    throw error;
  }
  return [];
}

describe('the settings of providers', () => {
  it('are one HTTP provider for every channel, unless a channel has its own', () => {
    const env = {
      PROVIDER_URL: 'http://all/',
      PROVIDER_AUTHORIZATION: 'Bearer all',
      SMS_PROVIDER_URL: 'http://sms/',
    };
    expect(chainOf('email', env)).to.deep.equal([
      { name: 'http', url: 'http://all/', timeoutMs: 10_000, authorization: 'Bearer all' },
    ]);
    // The credentials of one address are not told another.
    expect(chainOf('sms', env)).to.deep.equal([
      { name: 'http', url: 'http://sms/', timeoutMs: 10_000, authorization: undefined },
    ]);
  });

  it('are a chain of named ones, each with its own', () => {
    const env = {
      SMS_PROVIDERS: 'primary, backup',
      SMS_PROVIDER_PRIMARY_URL: 'https://a/',
      SMS_PROVIDER_PRIMARY_TIMEOUT_MS: '3s',
      SMS_PROVIDER_PRIMARY_AUTHORIZATION: 'Bearer a',
      SMS_PROVIDER_BACKUP_URL: 'https://b/',
    };
    expect(chainOf('sms', env)).to.deep.equal([
      { name: 'primary', url: 'https://a/', timeoutMs: 3_000, authorization: 'Bearer a' },
      { name: 'backup', url: 'https://b/', timeoutMs: 10_000, authorization: undefined },
    ]);
    expect(describeConfig(load(env))).to.include({ SMS_PROVIDER_PRIMARY_AUTHORIZATION: '***' });
  });

  it('are a mail server for email alone', () => {
    const env = { SMTP_URL: 'smtp://mail:25', EMAIL_FROM: 'noreply@example.org' };
    expect(chainOf('email', env)).to.deep.include({
      name: 'smtp',
      url: 'smtp://mail:25',
      timeoutMs: 10_000,
      authorization: undefined,
    });
    expect(chainOf('sms', env)[0]?.name).to.equal('http');
  });

  it('start no more calls at a time than each provider of a channel has connections', () => {
    const env = { SMTP_URL: 'smtp://mail:25', EMAIL_FROM: 'noreply@example.org', DELIVERY_CONCURRENCY: '40' };
    expect(slotsOf(load(env), 'email')).to.equal(10);
    expect(slotsOf(load(env), 'sms')).to.equal(40);
    expect(slotsOf(load({ ...env, DELIVERY_CONCURRENCY: '4' }), 'email')).to.equal(4);
  });

  for (const [what, env, faults] of [
    ['a named provider without an address', { SMS_PROVIDERS: 'a' }, ['SMS_PROVIDER_A_URL: must be set']],
    [
      'a provider named twice',
      { SMS_PROVIDERS: 'a,a', SMS_PROVIDER_A_URL: 'http://a/' },
      ['SMS_PROVIDERS: must be a list of different names like primary,backup, got "a,a"'],
    ],
    [
      'a provider that is in no chain',
      { SMS_PROVIDERS: 'a', SMS_PROVIDER_A_URL: 'http://a/', SMS_PROVIDER_B_URL: 'http://b/' },
      ['SMS_PROVIDER_B_URL: is of no provider in SMS_PROVIDERS, got ***'],
    ],
    [
      'text messages by SMTP',
      { SMS_PROVIDER_URL: 'smtp://mail' },
      ['SMS_PROVIDER_URL: must be a URL like http://host:port, got "smtp://mail"'],
    ],
    [
      'mail without a sender',
      { SMTP_URL: 'smtp://mail' },
      ['EMAIL_FROM: must be set for a provider that speaks SMTP'],
    ],
    [
      'a user without a password',
      { SMTP_URL: 'smtp://me@mail', EMAIL_FROM: 'a@example.org' },
      ['SMTP_URL: names a user without a password, got "smtp://me@mail"'],
    ],
    [
      'a stop shorter than the longest time-out',
      { STOP_TIMEOUT_MS: '11s' },
      [
        'STOP_TIMEOUT_MS: must be at least 12000: the longest time-out of a provider and 2000 to settle the call, got "11s"',
      ],
    ],
    [
      'a lease shorter than the longest time-out',
      {
        SMS_PROVIDERS: 'a',
        SMS_PROVIDER_A_URL: 'http://a/',
        SMS_PROVIDER_A_TIMEOUT_MS: '11s',
      },
      ['LEASE_MS: must be at least 13000: the longest time-out of a provider and 2000 to settle the call'],
    ],
  ] as const)
    it(`refuse ${what}`, () => {
      expect(faultsOf(env)).to.deep.equal(faults);
    });
});

import { expect } from 'chai';
import { authSettings, openOnLoopbackOnly, serviceSettings } from './common-settings.ts';
import { ConfigError, type Environment, loadConfig, z } from './config.ts';

const schema = openOnLoopbackOnly(z.object({ ...serviceSettings, ...authSettings }));

function faultOf(env: Environment): string | null {
  try {
    loadConfig(schema, env);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('AUTH_MODE', () => {
  it('may be none on loopback', () => {
    for (const HOST of ['', '127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(faultOf({ HOST }), HOST).to.equal(null);
  });

  it('must be api-key anywhere else', () => {
    const fault =
      'AUTH_MODE: must be api-key where HOST is not a loopback address; `npx fanfare keys create` makes the first key';
    for (const HOST of ['0.0.0.0', '::', '10.0.0.7', '127.example.com', '127.0.0.1.example.com']) {
      expect(faultOf({ HOST }), HOST).to.equal(fault);
      expect(faultOf({ HOST, AUTH_MODE: 'none' }), HOST).to.equal(`${fault}, got "none"`);
      expect(faultOf({ HOST, AUTH_MODE: 'api-key' }), HOST).to.equal(null);
    }
  });

  it('is one of two words', () => {
    expect(faultOf({ AUTH_MODE: 'keys' })).to.equal('AUTH_MODE: must be one of none, api-key, got "keys"');
  });
});

describe('ALLOWED_ORIGINS', () => {
  it('is nobody unless it says who, as a browser says it', () => {
    expect(loadConfig(schema, {}).ALLOWED_ORIGINS).to.deep.equal([]);
    const origins = 'https://app.example.com, http://localhost:3000';
    expect(loadConfig(schema, { ALLOWED_ORIGINS: origins }).ALLOWED_ORIGINS).to.deep.equal(
      origins.split(', '),
    );
    expect(faultOf({ ALLOWED_ORIGINS: '*' })).to.match(/^ALLOWED_ORIGINS: must be a list of origins/);
  });
});

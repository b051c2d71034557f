import { expect } from 'chai';
import { conforms, type OwnSystem, startOwnSystem } from './conformance.ts';

describe('the REST API and schemas/openapi.yaml, by schemathesis', function () {
  // The first run installs it; the stack is one of its own.
  this.timeout(10 * 60_000);
  let system: OwnSystem;
  before('start a stack and services', async () => {
    system = await startOwnSystem();
  });
  after('stop them', () => system?.stop());

  it('agree', async () => {
    const seed = Number(process.env['CONFORMANCE_SEED'] ?? 1);
    expect(await conforms({ apiUrl: system.apiUrl, seed, secondsMax: 240 })).to.equal(true);
  });
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { requireToInstall, requireToRun } from './requirements.ts';

describe('requirements of the local stack', () => {
  const { PATH, JAVA_HOME } = process.env;
  let dir = '';

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'fanfare-requirements-'))));
  afterEach(() => {
    process.env['PATH'] = PATH;
    if (JAVA_HOME === undefined) delete process.env['JAVA_HOME'];
    else process.env['JAVA_HOME'] = JAVA_HOME;
    rmSync(dir, { recursive: true });
  });

  it('are met here', () => {
    requireToRun();
    requireToInstall();
  });

  it('says how to install Java, and what to do without', () => {
    process.env['JAVA_HOME'] = dir;
    expect(requireToRun).to.throw(/^Java 17 or newer is missing\. Install it with: .*\n.*docker compose up/);
  });

  for (const version of ['11.0.2', '1.8.0_402'])
    it(`refuses Java ${version} by its version, and names it`, () => {
      process.env['JAVA_HOME'] = dir;
      mkdirSync(join(dir, 'bin'));
      writeFileSync(join(dir, 'bin/java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
      chmodSync(join(dir, 'bin/java'), 0o755);
      expect(requireToRun).to.throw(`Java ${version} (${dir}/bin/java) is too old, 17 or newer is needed.`);
    });

  it('says how to install Maven', () => {
    process.env['PATH'] = dir;
    expect(requireToInstall).to.throw(/^Maven is missing\. Install it with: /);
  });
});

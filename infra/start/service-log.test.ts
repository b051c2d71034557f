import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { openServiceLog } from './service-log.ts';

describe('openServiceLog', () => {
  let dir = '';
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'fanfare-log-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('sets a long file aside, and keeps no more than one', async () => {
    const log = openServiceLog(join(dir, 'logs/delivery.log'), 10);
    for (const line of ['one', 'two', 'three', 'four', 'five']) log.write(line);
    log.close();
    await eventually(() => {
      expect(readFileSync(log.file, 'utf8')).to.equal('four\nfive\n');
      expect(readFileSync(`${log.file}.1`, 'utf8')).to.equal('three\n');
    });
  });

  it('starts with an empty file', async () => {
    const file = join(dir, 'delivery.log');
    const first = openServiceLog(file);
    first.write('of an earlier run');
    first.close();
    await eventually(() => expect(readFileSync(file, 'utf8')).to.equal('of an earlier run\n'));
    openServiceLog(file).close();
    expect(readFileSync(file, 'utf8')).to.equal('');
  });
});

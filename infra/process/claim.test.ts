import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { claimFolder, holderOf } from './claim.ts';

describe('claimFolder', () => {
  let dir = '';

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'fanfare-claim-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('lets one process in, and tells the second who is there and how to stop it', () => {
    const claim = claimFolder(dir);
    expect(() => claimFolder(dir)).to.throw(`Already running (pid ${process.pid})`);
    expect(() => claimFolder(dir)).to.throw(`kill ${process.pid}`);
    claim.release();
    claimFolder(dir).release();
  });

  it('takes over from a process that is gone, even when its pid is in use again', () => {
    const gone = { pid: process.pid, command: 'node of-another-time' };
    writeFileSync(join(dir, 'claimed-by.json'), JSON.stringify(gone));
    expect(holderOf(dir)).to.equal(undefined);
    const claim = claimFolder(dir);
    expect(holderOf(dir)).to.equal(process.pid);
    claim.release();
  });

  it('takes over from a process that died while it wrote', () => {
    writeFileSync(join(dir, 'claimed-by.json'), '{"pid":');
    claimFolder(dir).release();
  });
});

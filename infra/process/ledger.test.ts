import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { commandLine } from './identity.ts';
import { claimFolder, supervisorOf } from './ledger.ts';

describe('ledger', () => {
  let dir = '';
  const lines: string[] = [];
  const claim = () => claimFolder(dir, (line) => lines.push(line));

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'fanfare-ledger-'));
    lines.length = 0;
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('lets one supervisor into a folder, and tells the second who is there', async () => {
    const ledger = await claim();
    const second = await claim().catch((error: unknown) => error);
    expect(String(second))
      .to.include(`Already running (pid ${process.pid})`)
      .and.include(`kill ${process.pid}`);
    ledger.release();
    (await claim()).release();
  });

  it('ends what a dead supervisor left running', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'mark-of-the-child']);
    await once(child, 'spawn');
    leaveBehind(child.pid, 'mark-of-the-child');

    const ledger = await claim();
    expect(commandLine(child.pid ?? 0)).to.equal(undefined);
    expect(lines).to.deep.equal([`ending kafka (pid ${child.pid}), left over from a run that was killed`]);
    ledger.release();
  });

  it('leaves a process alone that has only the pid in common', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(stranger, 'spawn');
    leaveBehind(stranger.pid, 'mark-of-the-child');

    (await claim()).release();
    expect(stranger.exitCode ?? stranger.signalCode).to.equal(null);
    stranger.kill();
    await once(stranger, 'exit');
  });

  it('takes over from a supervisor that died while it wrote', async () => {
    writeFileSync(join(dir, 'running.json'), '{"supervisor":');
    const ledger = await claim();
    expect(supervisorOf(dir)).to.equal(process.pid);
    ledger.release();
    expect(supervisorOf(dir)).to.equal(undefined);
  });

  function leaveBehind(pid: number | undefined, mark: string): void {
    // This process' pid with another's command line: a supervisor that is gone, its pid given out again.
    const supervisor = { pid: process.pid, command: 'node of-another-time' };
    const children = [{ name: 'kafka', pid, mark, stopSignal: 'SIGTERM' }];
    writeFileSync(join(dir, 'running.json'), JSON.stringify({ supervisor, children }));
  }
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endLeftovers } from './children.ts';
import { commandLine } from './identity.ts';

const MARK = 'mark-of-the-child';

describe('endLeftovers', () => {
  let dir = '';
  const lines: string[] = [];
  const sweep = () => endLeftovers((line) => lines.push(line), dir);

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'fanfare-children-'));
    lines.length = 0;
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('ends what a dead supervisor left running', async () => {
    const child = await idle(MARK);
    const file = leaveBehind(child, { command: 'node of-another-time' });
    await sweep();
    expect(commandLine(child.pid ?? 0)).to.equal(undefined);
    expect(lines).to.deep.equal([
      `kafka (pid ${child.pid}) is left over from a run that was killed: ending it`,
    ]);
    expect(existsSync(file)).to.equal(false);
  });

  it('leaves a process alone that has only the pid in common', async () => {
    const stranger = await idle('another');
    leaveBehind(stranger, { command: 'node of-another-time' });
    await sweep();
    expect(lines).to.deep.equal([]);
    await end(stranger);
  });

  it('leaves the children of a live supervisor alone', async () => {
    const child = await idle(MARK);
    const file = leaveBehind(child, { command: commandLine(process.pid) ?? '' });
    await sweep();
    expect(lines).to.deep.equal([]);
    expect(existsSync(file)).to.equal(true);
    await end(child);
  });

  it('clears away a file that a crash left half written', async () => {
    const file = join(dir, '1.json');
    writeFileSync(file, '{"supervisor":');
    await sweep();
    expect(existsSync(file)).to.equal(false);
  });

  /** What a supervisor with this process' pid, and the given command line, would have written down. */
  function leaveBehind(child: ChildProcess, { command }: { command: string }): string {
    const known = { name: 'kafka', pid: child.pid, mark: MARK, stopSignal: 'SIGTERM' };
    const file = join(dir, '1.json');
    writeFileSync(file, JSON.stringify({ supervisor: { pid: process.pid, command }, children: [known] }));
    return file;
  }
});

async function idle(mark: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark]);
  await once(child, 'spawn');
  return child;
}

/** Fails when it is gone already. */
async function end(child: ChildProcess): Promise<void> {
  expect(child.exitCode ?? child.signalCode).to.equal(null);
  child.kill();
  await once(child, 'exit');
}

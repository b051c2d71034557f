import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { costWhile, parseCpuTime, peakMemory, usageOfAll } from './processes.ts';

/** User and system time are each cut to a tick of 10 ms. */
const ROUNDING_MS = 20;
const SELF_REPORT = `process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, rss: process.memoryUsage.rss() }));
});`;

/** 200 MB, and none of it any more when it says so. */
const GIVE_BACK = `Buffer.alloc(200e6, 1);
gc(); process.stdout.write('given back'); setInterval(() => {}, 1000)`;

describe('processes', () => {
  it('tells the CPU time and the memory of a process, as the process itself does before and after', async () => {
    const child = spawn(process.execPath, ['-e', SELF_REPORT], { stdio: ['pipe', 'pipe', 'inherit'] });
    const report = async (): Promise<{ cpuMs: number; rss: number }> => {
      child.stdin.write('?');
      const [answer] = await once(child.stdout, 'data');
      return JSON.parse(String(answer));
    };
    const before = await report();
    const measured = usageOfAll({ child: child.pid ?? 0 })['child'];
    const after = await report();
    child.kill();
    await once(child, 'exit');
    expect(measured?.cpuMs).to.be.within(before.cpuMs - ROUNDING_MS, after.cpuMs + ROUNDING_MS);
    expect(measured?.memoryBytes).to.be.within(before.rss / 2, after.rss * 2);
  });

  it('counts a process with its children', async () => {
    const alone = usageOfAll({ me: process.pid });
    const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)']);
    await once(child.stdout, 'data');
    const both = usageOfAll({ me: process.pid, child: child.pid ?? 0 });
    child.kill();
    await once(child, 'exit');
    expect(both['me']?.memoryBytes).to.be.above(
      (alone['me']?.memoryBytes ?? 0) + (both['child']?.memoryBytes ?? 0) / 2,
    );
  });

  it('tells what a process uses of a core', async () => {
    const { cost, result } = await costWhile({ me: process.pid }, () => Promise.resolve(burnCpu(100)));
    expect(result).to.equal('burnt');
    expect(cost['me']?.cpuPercent).to.be.above(0);
  });

  it('remembers memory that a process has given back, where the system does', async () => {
    const child = spawn(process.execPath, ['--expose-gc', '-e', GIVE_BACK]);
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    const [peak, present] = [peakMemory(pid), usageOfAll({ child: pid })['child']?.memoryBytes ?? Number.NaN];
    child.kill();
    await once(child, 'exit');
    expect(peak - present).to.be.above(process.platform === 'linux' ? 100e6 : -100e6);
  });

  it('refuses to measure what is not there', () => {
    expect(() => usageOfAll({ nobody: 2 ** 22 + 1 })).to.throw('nobody (pid 4194305) is not running');
  });

  it('reads the times that ps prints', () => {
    expect(parseCpuTime('0:01.50')).to.equal(1_500);
    expect(parseCpuTime('01:02:03')).to.equal(3_723_000);
    expect(parseCpuTime('2-00:00:01')).to.equal(172_801_000);
  });
});

function burnCpu(ms: number): string {
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < ms * 1_000);
  return 'burnt';
}

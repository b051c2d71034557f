import type { Audience } from './audience.ts';
import { type Child, runChild, startChild } from './child.ts';
import type { ClosedLoop, ClosedLoopResult } from './closed-loop.ts';
import type { Heard } from './listeners.ts';
import type { OpenLoop, OpenLoopResult } from './open-loop.ts';
import type { ProviderLoop, ProviderLoopResult } from './provider-loop.ts';

export type { ClosedLoopResult } from './closed-loop.ts';
export type { OpenLoopResult } from './open-loop.ts';

/** The loads and limits, each in a process of its own. */

export async function runClosedLoop(loop: ClosedLoop, signal: AbortSignal): Promise<ClosedLoopResult> {
  return (await runChild('./closed-loop.ts', loop, signal)) as ClosedLoopResult;
}

export async function runOpenLoop(loop: OpenLoop, signal: AbortSignal): Promise<OpenLoopResult> {
  return (await runChild('./open-loop.ts', loop, signal)) as OpenLoopResult;
}

export async function runProviderLoop(loop: ProviderLoop, signal: AbortSignal): Promise<ProviderLoopResult> {
  return (await runChild('./provider-loop.ts', loop, signal)) as ProviderLoopResult;
}

export async function runAudience(audience: Audience, signal: AbortSignal): Promise<Heard[]> {
  return (await runChild('./audience.ts', audience, signal)) as Heard[];
}

export type BareExpress = Pick<Child, 'pid' | 'stop'> & { port: number };

export async function startBareExpress(signal: AbortSignal): Promise<BareExpress> {
  const { pid, reply, stop } = await startChild('./bare-express.ts', {}, signal);
  return { pid, stop, ...(reply as { port: number }) };
}

export async function startBareNode(signal: AbortSignal): Promise<Pick<Child, 'pid' | 'stop'>> {
  return startChild('./bare-node.ts', {}, signal);
}

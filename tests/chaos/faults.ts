import { setTimeout as sleep } from 'node:timers/promises';
import type { PartName } from '@fanfare/infra/local-stack';
import type { ServiceName } from '@fanfare/infra/services';
import { changeSettings } from '../journey/simulator.ts';
import type { FaultKind, FaultRecord } from './ledger/evidence.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

/** Does one fault and undoes it; resolves when what it hit answers again. */
export async function commit(world: World, kind: FaultKind, choice: number): Promise<FaultRecord> {
  const at = Date.now();
  const { target, liftedAt } = await doers[kind](world, choice);
  return { kind, target, at, liftedAt, overAt: Date.now() };
}

type Done = Pick<FaultRecord, 'target' | 'liftedAt'>;
type Doer = (world: World, choice: number) => Promise<Done>;

/** As long as a restart of the server that an operator asked for; of Kafka, until a supervisor sees that it is gone. */
const DOWN_MS = { kafka: 1_000, postgres: 4_000, redis: 2_500, registry: 3_000 };
/** Session (6 s) and a moment: by then others have its partitions, and its leases (4.5 s) are over. */
const FREEZE_MS = 9_000;
const MISLEAD_MS = 3_000;

const doers: Readonly<Record<FaultKind, Doer>> = {
  ingest: kill('ingest'),
  delivery: kill('delivery'),
  retry: kill('retry'),
  projector: kill('projector'),
  scheduler: kill('scheduler'),
  gateway: kill('gateway'),
  freeze,
  kafka: crash('kafka', 'SIGKILL'),
  // It takes its children with it, and what it had not written is lost, as by a kill of all of them at once.
  postgres: crash('postgres', 'SIGQUIT'),
  redis: stopFor('redis', DOWN_MS.redis),
  registry: async (world, choice) => {
    // Records by a schema that nobody has read yet have to wait for the registry.
    await world.producer.adoptNewSchema();
    return stopFor('registry', DOWN_MS.registry)(world, choice);
  },
  fail: mislead({ failRate: 0.6 }),
  throttle: mislead({ throttleRate: 0.6 }),
  hang: mislead({ hangRate: 0.4 }),
  drop: mislead({ dropRate: 0.4 }),
  // A third of the answers come when nobody waits for them any more.
  slow: mislead({ jitterMs: 3_000 }),
};

function kill(name: ServiceName): Doer {
  return async ({ system }, choice) => {
    const victim = chosen(system.replicas(name), choice);
    await victim.kill();
    const liftedAt = Date.now();
    await victim.up();
    return { target: victim.label, liftedAt };
  };
}

async function freeze({ system }: World, choice: number): Promise<Done> {
  const victim = chosen(system.replicas('delivery'), choice);
  victim.signal('SIGSTOP');
  await sleep(FREEZE_MS);
  victim.signal('SIGCONT');
  return { target: victim.label, liftedAt: Date.now() };
}

function crash(part: 'kafka' | 'postgres', signal: NodeJS.Signals): Doer {
  return async ({ system, expectEndOf }) => {
    expectEndOf(part);
    system.parts[part].kill(signal);
    await sleep(DOWN_MS[part]);
    const liftedAt = Date.now();
    await system.parts[part].restart();
    return { target: part, liftedAt };
  };
}

function stopFor(part: PartName, downMs: number): Doer {
  return async ({ system }) => {
    await system.parts[part].stop();
    await sleep(downMs);
    const liftedAt = Date.now();
    await system.parts[part].restart();
    return { target: part, liftedAt };
  };
}

/** The simulator behaves like this for a while, and then as before. */
function mislead(behaviour: Record<string, number>): Doer {
  return async ({ system: { simulatorUrl } }) => {
    const before = await readSettings(simulatorUrl);
    await changeSettings(simulatorUrl, behaviour);
    await sleep(MISLEAD_MS);
    const liftedAt = Date.now();
    await changeSettings(simulatorUrl, before);
    return { target: 'simulator', liftedAt };
  };
}

async function readSettings(simulatorUrl: string): Promise<Record<string, number>> {
  const response = await fetch(new URL('/settings', simulatorUrl));
  return (await response.json()) as Record<string, number>;
}

function chosen(replicas: readonly Replica[], choice: number): Replica {
  const replica = replicas[Math.floor(choice * replicas.length)];
  if (replica === undefined) throw new Error('there is no such service');
  return replica;
}

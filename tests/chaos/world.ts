import type { PartName } from '@fanfare/infra/local-stack';
import { connectWitnesses, type Witnesses } from './evidence/witnesses.ts';
import { createProducer, type Producer } from './load/producer.ts';
import { openSystem, type System, type SystemOptions } from './system.ts';

/** A system to shake, whoever produces for it beside REST, and the witnesses of what it does. */
export type World = Witnesses &
  Pick<SystemOptions, 'progress' | 'signal'> & {
    system: System;
    producer: Producer;
    /** What nobody planned, as far as it was noticed on the way. */
    incidents: string[];
    /** The next end of this part is no incident. */
    expectEndOf: (part: PartName) => void;
  };

export type WorldOptions = Omit<SystemOptions, 'onIncident' | 'isExpected'> & {
  /** How long the producer waits for Kafka before what it sent is a maybe: 5 s by default, as an outage may last. */
  produceDeadlineMs?: number;
};

const PRODUCE_DEADLINE_MS = 5_000;

/** Opens a world, and ends every process of it with `run`. */
export async function withWorld<T>(options: WorldOptions, run: (world: World) => Promise<T>): Promise<T> {
  const incidents: string[] = [];
  const expected = new Set<PartName>();
  const system = await openSystem({
    ...options,
    onIncident: (says) => incidents.push(says),
    isExpected: (part) => expected.delete(part),
  });
  const witnesses = connectWitnesses(system);
  const { progress, signal } = options;
  try {
    const producer = await createProducer({
      kafka: witnesses.kafka,
      registryUrl: system.addresses.SCHEMA_REGISTRY_URL,
      deadlineMs: options.produceDeadlineMs ?? PRODUCE_DEADLINE_MS,
    });
    const expectEndOf = (part: PartName): void => void expected.add(part);
    return await run({ ...witnesses, progress, signal, system, producer, incidents, expectEndOf });
  } finally {
    progress('stop what was started');
    await witnesses.close();
    await system.close();
  }
}

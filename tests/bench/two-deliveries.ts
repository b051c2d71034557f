import type { Bench } from './bench.ts';

/** Has two delivery processes with settings of a figure's own do what one does otherwise. */
export async function withTwoDeliveries<T>(
  { system, progress }: Bench,
  settings: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> {
  progress('services two of delivery in place of one', 'moving');
  await system.stop('delivery');
  const replicas = [
    await system.addReplica('delivery', settings),
    await system.addReplica('delivery', settings),
  ];
  try {
    return await run();
  } finally {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await system.start('delivery');
  }
}

import { endOffsets, type KafkaHandle } from '@fanfare/kafka';
import { readCalls } from './evidence/calls.ts';
import { deliveryBehind, deliveryReads, untilDeliveryHasRead } from './quiet.ts';
import type { World } from './world.ts';

/** Lets delivery read everything again from the start. Returns how many calls it made of that: there should be none. */
export async function sendAgainFromTheStart(world: World): Promise<number> {
  const { system, kafka } = world;
  const before = (await readCalls(system.simulatorUrl)).length;
  const workers = system.replicas('delivery');
  await Promise.all(workers.map((worker) => worker.stop()));
  await resetToEarliest(kafka);
  if ((await deliveryBehind(kafka)) === 0) throw new Error('the groups were not reset');
  await Promise.all(workers.map((worker) => worker.start()));
  await untilDeliveryHasRead(world);
  return (await readCalls(system.simulatorUrl)).length - before;
}

/** All topics of a group in one join; kafkajs's own reset takes one of 5 s for each. */
async function resetToEarliest(kafka: KafkaHandle): Promise<void> {
  for (const { groupId, topics } of deliveryReads()) {
    const consumer = kafka.newClient().consumer({ groupId, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
    await joined;
    for (const topic of topics) {
      const ranges = await endOffsets({ kafka, topic });
      await consumer.commitOffsets(
        ranges.map(({ partition, low }) => ({ topic, partition, offset: String(low) })),
      );
    }
    await consumer.disconnect();
  }
}

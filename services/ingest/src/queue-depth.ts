import { CHANNELS, deliveryGroup, PRIORITIES, workTopic } from '@fanfare/contracts';
import { type KafkaHandle, lag } from '@fanfare/kafka';

/** kafkajs itself goes on trying for longer; who asks how deep the queue is wants the rest of the answer. */
const DEADLINE_MS = 2_000;

/** Records of the work topics that the delivery groups have yet to commit. Rejects within 2 s when Kafka is away. */
export async function queueDepth(kafka: KafkaHandle): Promise<number> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('Kafka did not answer in time')), DEADLINE_MS);
  try {
    return await Promise.race([lagOfDelivery(kafka), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function lagOfDelivery(kafka: KafkaHandle): Promise<number> {
  let depth = 0;
  for (const channel of CHANNELS) {
    const topics = PRIORITIES.map((priority) => workTopic(channel, priority));
    depth += await lag({ kafka, groupId: deliveryGroup(channel), topics });
  }
  return depth;
}

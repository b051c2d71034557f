import { CHANNELS, deliveryGroup, PRIORITIES, workTopic } from '@fanfare/contracts';
import { type KafkaHandle, lag } from '@fanfare/kafka';
import { inTime } from '@fanfare/runtime';

/** kafkajs itself goes on trying for longer; who asks how deep the queue is wants the rest of the answer. */
const DEADLINE_MS = 2_000;

/** Records of the work topics that the delivery groups have yet to commit. Rejects within 2 s when Kafka is away. */
export function queueDepth(kafka: KafkaHandle): Promise<number> {
  return inTime(DEADLINE_MS, lagOfDelivery(kafka), () => new Error('Kafka did not answer in time'));
}

async function lagOfDelivery(kafka: KafkaHandle): Promise<number> {
  let depth = 0;
  for (const channel of CHANNELS) {
    const topics = PRIORITIES.map((priority) => workTopic(channel, priority));
    depth += await lag({ kafka, groupId: deliveryGroup(channel), topics });
  }
  return depth;
}

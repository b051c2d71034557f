import { type Channel, deliveryGroup, PRIORITIES, retryGroup, workTopic } from '@fanfare/contracts';
import { isPast, type KafkaHandle, listRetryLevels } from '@fanfare/kafka';

/** Whether movers and delivery are done with everything that the channel's topics had before a moment. */
export async function isChannelPast(
  kafka: KafkaHandle,
  channel: Channel,
  momentMs: number,
): Promise<boolean> {
  const levels = (await listRetryLevels(kafka)).filter((level) => level.channel === channel);
  for (const { topic } of levels)
    if (!(await isPast({ kafka, groupId: retryGroup(topic), topics: [topic], momentMs }))) return false;
  const topics = PRIORITIES.map((priority) => workTopic(channel, priority));
  return isPast({ kafka, groupId: deliveryGroup(channel), topics, momentMs });
}

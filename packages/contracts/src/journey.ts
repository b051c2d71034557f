/** The channels a notification can take. A new channel is one entry here (and its recipient rule in `domain`). */
export const CHANNELS = ['sms', 'email', 'push'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Most urgent first. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_MESSAGE_BYTES = 1_048_588;

type Hop = {
  /** Topic name; `<channel>`, `<priority>` and `<level>` stand for each of their values. */
  topic: string;
  from: readonly string[];
  to: readonly string[];
  key: string;
  value: string;
  retentionMs: number;
  maxMessageBytes: number;
};

/**
 * Every hop of a notification over Kafka, in order. Topic creation, names, the drawing in ARCHITECTURE.md and the
 * test that no topic is an orphan come from this table.
 */
export const journey = {
  work: {
    topic: 'notifications.<channel>.<priority>',
    from: ['ingest', 'scheduler', 'retry', 'producer services'],
    to: ['delivery'],
    key: 'notification id',
    value: 'Notification',
    retentionMs: 7 * DAY_MS,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  },
  retry: {
    topic: 'notifications.<channel>.retry.<level>',
    from: ['delivery'],
    to: ['retry'],
    key: 'notification id',
    value: 'the same bytes',
    retentionMs: 7 * DAY_MS,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  },
  deadLetter: {
    topic: 'notifications.dlq',
    from: ['delivery'],
    to: ['projector', 'operators'],
    key: 'the original key',
    value: 'the original bytes',
    retentionMs: 30 * DAY_MS,
    // A record of a work topic and the headers that say why it is here must both fit.
    maxMessageBytes: 2 * MAX_MESSAGE_BYTES,
  },
  status: {
    topic: 'notifications.status',
    from: ['ingest', 'delivery', 'scheduler'],
    to: ['projector', 'data teams'],
    key: 'notification id',
    value: 'StatusEvent',
    retentionMs: 30 * DAY_MS,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  },
} as const satisfies Record<string, Hop>;

/** Topic of the notifications that wait for delivery. */
export function workTopic(channel: Channel, priority: Priority): string {
  return journey.work.topic.replace('<channel>', channel).replace('<priority>', priority);
}

/** Topic of the notifications that wait out the delay of a retry level, counted from 1. */
export function retryTopic(channel: Channel, level: number): string {
  return journey.retry.topic.replace('<channel>', channel).replace('<level>', String(level));
}

/** Consumer group of the processes that deliver a channel. */
export function deliveryGroup(channel: Channel): string {
  return `delivery.${channel}`;
}

/** Consumer group of the movers of one retry topic. */
export function retryGroup(topic: string): string {
  return `retry.${topic}`;
}

export const STATUS_TOPIC = journey.status.topic;
export const DEAD_LETTER_TOPIC = journey.deadLetter.topic;

/** The channel and retry level that a topic's name says, or null for a topic that is no retry topic. */
export function parseRetryTopic(topic: string): { channel: Channel; level: number } | null {
  const match = /^notifications\.([a-z]+)\.retry\.(\d+)$/.exec(topic);
  const channel = CHANNELS.find((known) => known === match?.[1]);
  return channel === undefined ? null : { channel, level: Number(match?.[2]) };
}

/** The channel and priority that a topic's name says, or null for a topic that is no work topic. */
export function parseWorkTopic(topic: string): { channel: Channel; priority: Priority } | null {
  const [, channelName, priorityName] = topic.split('.');
  const channel = CHANNELS.find((known) => known === channelName);
  const priority = PRIORITIES.find((known) => known === priorityName);
  return channel !== undefined && priority !== undefined && topic === workTopic(channel, priority)
    ? { channel, priority }
    : null;
}

export type TopicSpec = {
  topic: string;
  partitions: number;
  /** Kafka topic settings, as its admin API takes them. */
  config: Record<string, string>;
};

/** 6 partitions locally: enough for a few replicas of a service, few enough to idle cheaply. */
const PARTITIONS = 6;

/** Every topic of the journey, with `retryLevels` retry topics for each channel. */
export function topics(retryLevels: number): TopicSpec[] {
  const levels = Array.from({ length: retryLevels }, (_, index) => index + 1);
  const named: [Hop, string[]][] = [
    [journey.work, CHANNELS.flatMap((channel) => PRIORITIES.map((priority) => workTopic(channel, priority)))],
    [journey.retry, CHANNELS.flatMap((channel) => levels.map((level) => retryTopic(channel, level)))],
    [journey.deadLetter, [DEAD_LETTER_TOPIC]],
    [journey.status, [STATUS_TOPIC]],
  ];
  return named.flatMap(([hop, names]) => names.map((topic) => topicSpec(topic, hop)));
}

function topicSpec(topic: string, hop: Hop): TopicSpec {
  return {
    topic,
    partitions: PARTITIONS,
    config: {
      // A producer's clock must not decide when a record is thrown away.
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': String(hop.retentionMs),
      'max.message.bytes': String(hop.maxMessageBytes),
    },
  };
}

/** Redis channel on which the projector tells the gateways of changes in one partition of the status topic. */
export function statusChannel(partition: number): string {
  return `status:${partition}`;
}

import type { ICustomPartitioner, Message } from 'kafkajs';

/**
 * A message that is not sent any more once `giveUpAt` (on the monotonic clock, in ms) has passed. With a `turn` it
 * goes to the partition whose turn it is, whatever its key.
 */
export type BoundedMessage = Message & { giveUpAt: number; turn?: number };

/**
 * The partition that Kafka's own clients choose for a key. It is asked again before every attempt of kafkajs to
 * send, which makes it the place where late attempts end: a caller that was told of a timeout sends anew by itself.
 */
export const partitioner: ICustomPartitioner = () => {
  let turn = Math.floor(Math.random() * 1_000_000);
  return ({ message, partitionMetadata }) => {
    if (isLate(message)) throw new TooLate('not sent before its deadline');
    if (message.partition !== undefined) return message.partition;
    if ('turn' in message && typeof message.turn === 'number') return message.turn % partitionMetadata.length;
    const key = message.key ?? null;
    turn += 1;
    const hash = key === null ? turn : murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff;
    return hash % partitionMetadata.length;
  };
};

/** kafkajs tries again after every error that does not say otherwise. */
class TooLate extends Error {
  readonly retriable = false;
}

function isLate(message: Message): boolean {
  return (
    'giveUpAt' in message && typeof message.giveUpAt === 'number' && message.giveUpAt < performance.now()
  );
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/**
 * MurmurHash2 as in Kafka's Java client (org.apache.kafka.common.utils.Utils), with 32-bit multiplication: kafkajs's
 * own goes through BigInt and costs 5 us a key.
 */
export function murmur2(data: Buffer): number {
  const whole = data.length & ~3;
  let hash = SEED ^ data.length;
  for (let index = 0; index < whole; index += 4) {
    const mixed = Math.imul(data.readInt32LE(index), M);
    hash = Math.imul(hash, M) ^ Math.imul(mixed ^ (mixed >>> R), M);
  }
  if (whole < data.length) hash = Math.imul(hash ^ tail(data, whole), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

/** The last one to three bytes, little-endian. */
function tail(data: Buffer, from: number): number {
  return data.readUIntLE(from, data.length - from);
}

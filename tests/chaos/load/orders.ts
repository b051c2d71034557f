import {
  type Channel,
  CHANNELS,
  type DeadLetterReason,
  type DeliveryMode,
  type Priority,
  PRIORITIES,
  workTopic,
} from '@fanfare/contracts';
import { generateBodies } from '../../bench/bodies.ts';
import { recipientFor } from '../../journey/recipients.ts';
import { below, oneOf, type Random } from '../../random.ts';

/** A notification as somebody wants it. Its times count from the moment it is sent. */
export type Wish = {
  channel: Channel;
  recipient: string;
  content: string;
  priority: Priority;
  max_attempts: number;
  delivery_mode: DeliveryMode;
  scheduledInMs: number | null;
  expiresInMs: number | null;
  /** Whoever asked for it thinks better of it after so long. */
  cancelAfterMs: number | null;
};

/** The same record again: at once, later and in another partition, or later with another content. */
type Again = 'at once' | 'elsewhere' | 'conflicting';

/** One request, or one record. */
export type Order =
  | { door: 'rest' | 'batch'; ref: string; wishes: Wish[] }
  | { door: 'json' | 'avro'; ref: string; wish: Wish; id: string; again: Again | null; againAfterMs: number }
  | { door: 'unusable'; key: string; topic: string; value: string | null; reason: DeadLetterReason };

/** Notifications in an order: what its rate is counted by. */
export function sizeOf(order: Order): number {
  return 'wishes' in order ? order.wishes.length : 1;
}

const TEXTS = 512;
const BATCH_SIZE = { least: 10, most: 40 };

/** Orders without end, the same ones for the same seed. */
export function* planOrders(random: Random, seed: number): Generator<Order, never> {
  const texts = generateBodies(seed, TEXTS).map(({ content }) => shortened(content));
  for (let number = 1; ; number += 1) {
    const ref = `chaos-${seed}-${number}`;
    const wish = (): Wish => planWish(random, number, oneOf(random, texts));
    yield planOrder(random, ref, wish);
  }
}

/** Of notifications about a third come alone by REST, half in batches and the others by Kafka. */
function planOrder(random: Random, ref: string, wish: () => Wish): Order {
  const drawn = random();
  if (drawn < 0.5) return { door: 'rest', ref, wishes: [wish()] };
  if (drawn < 0.53) return { door: 'batch', ref, wishes: Array.from({ length: batchSize(random) }, wish) };
  if (drawn < 0.54) return unusable(random);
  return {
    door: drawn < 0.77 ? 'json' : 'avro',
    ref,
    wish: wish(),
    id: uuid(random),
    again:
      random() < 0.25 ? oneOf<Again>(random, ['at once', 'elsewhere', 'elsewhere', 'conflicting']) : null,
    againAfterMs: below(random, 3_000),
  };
}

function batchSize(random: Random): number {
  return BATCH_SIZE.least + below(random, BATCH_SIZE.most - BATCH_SIZE.least + 1);
}

type Fate = { share: number; marker: string } & Partial<Pick<Wish, 'max_attempts' | 'delivery_mode'>>;

/** What becomes of it at the provider, which reads the markers; without one it is taken, unless the day is bad. */
const FATES: readonly Fate[] = [
  { share: 0.76, marker: '' },
  { share: 0.04, marker: '[fail:1]' },
  { share: 0.02, marker: '[fail:2]' },
  { share: 0.03, marker: '[throttle:1]' },
  { share: 0.03, marker: '[reject]' },
  { share: 0.03, marker: '[drop:1]' },
  { share: 0.02, marker: '[hang:1]' },
  { share: 0.02, marker: '[fail]', max_attempts: 2 },
  { share: 0.03, marker: '', delivery_mode: 'at_most_once' },
  { share: 0.01, marker: '[drop:1]', delivery_mode: 'at_most_once' },
  { share: 0.01, marker: '[throttle:1]', max_attempts: 1 },
];

function planWish(random: Random, number: number, text: string): Wish {
  const channel = oneOf(random, CHANNELS);
  const { marker, max_attempts = 5, delivery_mode = 'at_least_once' } = fateOf(random());
  const scheduledInMs = random() < 0.06 ? 1_500 + below(random, 4_500) : null;
  const isTired = random() < (scheduledInMs === null && !marker.startsWith('[fail') ? 0.04 : 0.25);
  return {
    channel,
    recipient: recipientFor(channel, number),
    content: `${text} ${marker}`.trim(),
    priority: oneOf(random, PRIORITIES),
    max_attempts,
    delivery_mode,
    scheduledInMs,
    expiresInMs: random() < 0.05 ? (scheduledInMs ?? 0) + 1_500 + below(random, 15_000) : null,
    cancelAfterMs: isTired ? below(random, 4_000) : null,
  };
}

function fateOf(drawn: number): Fate {
  let upTo = 0;
  for (const fate of FATES) {
    upTo += fate.share;
    if (drawn < upTo) return fate;
  }
  return { share: 0, marker: '' };
}

/** Room for a marker in the 160 code points of an SMS. */
function shortened(text: string): string {
  return Array.from(text).slice(0, 140).join('');
}

function unusable(random: Random): Order {
  const key = uuid(random);
  const channel = oneOf(random, CHANNELS);
  const topic = workTopic(channel, oneOf(random, PRIORITIES));
  const [value, reason] = oneOf<[string | null, DeadLetterReason]>(random, [
    [null, 'undecodable'],
    ['merhaba', 'undecodable'],
    [JSON.stringify({ id: key, recipient: recipientFor(channel) }), 'invalid'],
    [JSON.stringify({ id: 'order-1', recipient: recipientFor(channel), content: 'x' }), 'invalid'],
  ]);
  return { door: 'unusable', key, topic, value, reason };
}

/** A random UUID (version 4) of this seed. */
function uuid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => below(random, 16).toString(16));
  digits[12] = '4';
  digits[16] = oneOf(random, ['8', '9', 'a', 'b']);
  return digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

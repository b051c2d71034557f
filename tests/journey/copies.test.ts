import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_TOPIC } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { type AvroBytes, avroBytes } from './avro-bytes.ts';
import { expectDelivered, type Sent } from './follow.ts';
import { kcatConsume, kcatProduce, requireKcat } from './kcat.ts';
import { metricOf } from './metrics.ts';
import { recipientFor } from './recipients.ts';
import { setLatency } from './simulator.ts';
import { useSystem } from './system.ts';

const TOPIC = 'notifications.push.normal';
/** Of each order, half of them with the second copy in another partition than the first. */
const EACH = 6;
const PARTITIONS = [1, 4] as const;
/** Long enough for the second copy to come while the first is being delivered. */
const LATENCY_MS = 400;
/** All that a producer may say, to be the same in both formats. */
const EXPIRES_AT = Date.UTC(2124, 0, 1);
const METADATA = { sipariş: [1, null], 'a"b': 'ş' };
const COMMON = { max_attempts: 3, correlation_id: 'çift', source: 'crm', priority: 'normal' };

type Format = 'JSON' | 'Avro';
const ORDERS: readonly (readonly [Format, Format])[] = [
  ['JSON', 'Avro'],
  ['Avro', 'JSON'],
  ['JSON', 'JSON'],
  ['Avro', 'Avro'],
];

describe('every notification written to Kafka twice', () => {
  const system = useSystem();
  const sent = ORDERS.map(() => Array.from({ length: EACH }, (_, index) => someone(index)));
  let avro: AvroBytes;

  const write = (one: Sent, format: Format, partition: number) =>
    kcatProduce(system().brokers, {
      topic: TOPIC,
      partition,
      key: one.id,
      value: format === 'JSON' ? JSON.stringify(jsonOf(one)) : avro.notification(one.id, avroOf(one)),
    });

  before('write them', async () => {
    await requireKcat();
    const { registryUrl, simulatorUrl, deliveryUrl } = system();
    avro = await avroBytes(registryUrl);
    await setLatency(simulatorUrl, { latencyMs: LATENCY_MS, jitterMs: 0 });
    for (const [index, [first, second]] of ORDERS.entries())
      for (const [turn, one] of (sent[index] ?? []).entries()) {
        await write(one, first, PARTITIONS[0]);
        await write(one, second, PARTITIONS[turn % 2] ?? 0);
      }
    await setLatency(simulatorUrl, { latencyMs: 0, jitterMs: 0 });
    // What comes last in a partition is begun last: once it is delivered and nothing is left, so are the copies.
    const last = PARTITIONS.map((partition) => ({ ...someone(partition), partition }));
    for (const one of last) await write(one, 'JSON', one.partition);
    for (const one of last) await expectDelivered(system(), one);
    const left = () => metricOf(deliveryUrl(), 'fanfare_delivery_in_flight', { channel: 'push' });
    await eventually(async () => expect(await left()).to.equal(0));
  });

  for (const [index, [first, second]] of ORDERS.entries())
    it(`first in ${first} and then in ${second}, is sent once`, async () => {
      for (const one of sent[index] ?? []) {
        const { metadata, expires_at } = await expectDelivered(system(), one);
        expect(metadata).to.deep.equal(METADATA);
        expect(expires_at).to.equal(new Date(EXPIRES_AT).toISOString());
      }
    });

  it('is no conflict with itself', async () => {
    const ids = new Set(sent.flat().map(({ id }) => id));
    const letters = await kcatConsume(system().brokers, DEAD_LETTER_TOPIC);
    expect(letters.filter(({ key }) => ids.has(key?.toString() ?? ''))).to.deep.equal([]);
  });
});

function someone(index: number): Sent {
  return {
    id: randomUUID(),
    channel: 'push',
    recipient: recipientFor('push', index),
    content: `${index}. çift 👯`,
  };
}

/** As people write it. */
function jsonOf({ id, recipient, content }: Sent): object {
  const expires_at = new Date(EXPIRES_AT).toISOString();
  return { id: id.toUpperCase(), recipient, content, ...COMMON, metadata: METADATA, expires_at };
}

function avroOf({ channel, recipient, content }: Sent) {
  return {
    channel,
    recipient,
    content,
    ...COMMON,
    metadata: JSON.stringify(METADATA),
    expires_at: EXPIRES_AT,
  };
}

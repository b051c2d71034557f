import { randomUUID } from 'node:crypto';
import { type Channel, CHANNELS, DEAD_LETTER_TOPIC, workTopic } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { type AvroProducer, produceAvro, type Stored, withSchema } from './avro-producer.ts';
import { expectDelivered, type Sent } from './follow.ts';
import { kcatConsume, kcatProduce } from './kcat.ts';
import { metricOf } from './metrics.ts';
import { python } from './python.ts';
import { recipientFor } from './recipients.ts';
import { sendByCurl } from './rest-door.ts';
import { callsSince } from './simulator.ts';
import { DELIVERY_CONCURRENCY, type System, useSystem } from './system.ts';

/** Of one channel: more than it works on at once. */
const WAITING = DELIVERY_CONCURRENCY + 10;
/** What has the same key is in the same partition, the waiting ones before those that come after them. */
const KEY = 'one partition for all of them';

describe('while the schema registry is away', () => {
  // Comes before the end of the services, which shuts the gate for good.
  after(() => system().registryGate.open());
  const system = useSystem();
  const startedAtMs = Date.now();
  const waiting = Array.from({ length: WAITING }, (_, index) => someone('sms', `${index}. bekleyen ⏳`));
  let producer: AvroProducer;
  let stored: Stored[] = [];

  /** Whether delivery has seen a schema is a matter of the field that tells it from ours. */
  const produce = (field: string, sent: readonly Someone[]) =>
    withSchema(
      (fields) => [...fields, { name: field, type: 'string', default: '' }],
      (schemaFile) => produceAvro({ ...producer, schemaFile }, sent.map(recordOf)),
    );

  before('see one schema, then lose the registry', async function () {
    // The first run downloads the client.
    this.timeout(5 * 60_000);
    const { brokers, registryUrl, registryGate } = system();
    producer = { python: await python(), brokers, registryUrl, strategy: 'topic-record' };
    const seen = CHANNELS.map((channel) => someone(channel, 'tanışma'));
    await produce('seen', seen);
    for (const sent of seen) await expectDelivered(system(), sent);
    registryGate.shut();
    stored = await produce('unseen', waiting);
  });

  it('what has a schema that was seen is delivered, also from behind what has another', async () => {
    const places = await goesOn('yanında');
    expect(places, 'places of what is delivered').to.include(placeOf(stored[0]));
  });

  it('so it is after a restart of delivery, which finds the schemas in Postgres', async () => {
    await system().killDelivery();
    await system().startDelivery();
    await goesOn('yeniden');
  });

  it('what has a schema that was never seen waits: nothing of it is sent, or a dead letter', async () => {
    const letters = await kcatConsume(system().brokers, DEAD_LETTER_TOPIC);
    expect(letters.filter(({ key }) => key?.toString() === KEY)).to.deep.equal([]);
    const called = (await callsSince(system().simulatorUrl, startedAtMs)).map(({ content }) => content);
    expect(called.filter((content) => waiting.some((sent) => sent.content === content))).to.deep.equal([]);
  });

  it('what waited is delivered when the registry is back, each once', async () => {
    await system().registryGate.open();
    for (const sent of waiting) await expectDelivered(system(), sent);
    await eventually(async () => expect(await inFlight(system(), 'sms')).to.equal(0));
  });

  /** Sends by every door what can be read, and returns where the Avro records of it were. */
  async function goesOn(content: string): Promise<string[]> {
    const byRest = CHANNELS.map((channel) => someone(channel, `${content}: REST`));
    const byJson = CHANNELS.map((channel) => someone(channel, `${content}: JSON`));
    const byAvro = CHANNELS.map((channel) => someone(channel, `${content}: Avro`));
    const places = (await produce('seen', byAvro)).map(placeOf);
    for (const sent of byJson) await produceJson(system(), sent);
    for (const { id: _, ...body } of byRest)
      byAvro.push({ ...body, id: (await sendByCurl(system(), body)).id });
    for (const sent of [...byAvro, ...byJson]) await expectDelivered(system(), sent);
    return places;
  }
});

type Someone = Sent & { channel: Channel };

function someone(channel: Channel, content: string): Someone {
  return { id: randomUUID(), channel, recipient: recipientFor(channel, 8), content };
}

function recordOf(sent: Someone) {
  return { topic: workTopic(sent.channel, 'normal'), key: KEY, value: sent };
}

function produceJson({ brokers }: System, sent: Someone): Promise<void> {
  const topic = workTopic(sent.channel, 'normal');
  return kcatProduce(brokers, { topic, key: KEY, value: JSON.stringify(sent) });
}

function placeOf(stored: Stored | undefined): string {
  return `${stored?.topic}/${stored?.partition}`;
}

function inFlight({ deliveryUrl }: System, channel: Channel): Promise<number> {
  return metricOf(deliveryUrl(), 'fanfare_delivery_in_flight', { channel });
}

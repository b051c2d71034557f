import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_HEADER } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { type AvroBytes, avroBytes } from './avro-bytes.ts';
import { deadLetter, deadLetters, expectOriginal, expectOriginalAmong } from './dead-letters.ts';
import { expectDelivered, expectStatus } from './follow.ts';
import { kcatConsume, kcatProduce, type KcatRecord, requireKcat } from './kcat.ts';
import { recipientFor } from './recipients.ts';
import { callsFor } from './simulator.ts';
import { type System, useSystem } from './system.ts';

const TOPIC = 'notifications.sms.normal';
/** All in one partition, so that one that blocks would block all after it. */
const PARTITION = 2;

type Unusable = {
  what: string;
  value: (id: string, avro: AvroBytes) => string | Buffer | null;
  reason: string;
  says?: RegExp;
};

const good = (id: string): Record<string, unknown> => ({
  id,
  recipient: recipientFor('sms', 60),
  content: 'iyi',
});
const but = (changes: Record<string, unknown>) => (id: string) => JSON.stringify({ ...good(id), ...changes });

const unusable: Unusable[] = [
  { what: 'no value at all', value: () => null, reason: 'undecodable' },
  { what: 'an empty value', value: () => '', reason: 'undecodable' },
  { what: 'plain text', value: () => 'merhaba', reason: 'undecodable' },
  { what: 'a JSON list', value: (id) => `[${JSON.stringify(good(id))}]`, reason: 'undecodable' },
  {
    what: 'JSON that breaks off',
    value: (id) => JSON.stringify(good(id)).slice(0, -1),
    reason: 'undecodable',
  },
  {
    what: 'JSON that is not UTF-8',
    value: (id) => Buffer.from(JSON.stringify({ ...good(id), content: 'ÿ' }), 'latin1'),
    reason: 'undecodable',
  },
  { what: 'one byte', value: () => Buffer.from([0]), reason: 'undecodable' },
  { what: 'one brace', value: () => '{', reason: 'undecodable' },
  { what: 'Avro without a whole schema id', value: () => Buffer.from([0, 0, 0, 1]), reason: 'undecodable' },
  {
    what: 'Avro with a schema id and nothing else',
    value: (id, { notification }) => notification(id).subarray(0, 5),
    reason: 'undecodable',
  },
  {
    what: 'Avro of a schema nobody knows',
    value: () => Buffer.from([0, 0x7f, 1, 2, 3, 2, 2]),
    reason: 'undecodable',
  },
  {
    what: 'Avro that breaks off',
    value: (id, { notification }) => notification(id).subarray(0, -1),
    reason: 'undecodable',
  },
  {
    what: 'Avro with something after it',
    value: (id, { notification }) => Buffer.concat([notification(id), Buffer.from([0])]),
    reason: 'undecodable',
  },
  { what: 'Avro of another kind of record', value: (id, { event }) => event(id), reason: 'undecodable' },
  {
    what: 'Avro with an id that is no UUID',
    value: (_, { notification }) => notification('order-1'),
    reason: 'invalid',
    says: /id must be/,
  },
  { what: 'random bytes', value: () => Buffer.from('fe00c328a0a1ff7b7d0a', 'hex'), reason: 'undecodable' },
  { what: 'an empty object', value: () => '{}', reason: 'invalid', says: /id must be a UUID/ },
  { what: 'an id that is no UUID', value: but({ id: 'order-1' }), reason: 'invalid', says: /id must be/ },
  { what: 'an unknown channel', value: but({ channel: 'fax' }), reason: 'invalid', says: /channel/ },
  {
    what: 'the channel of another topic',
    value: but({ channel: 'push' }),
    reason: 'invalid',
    says: /channel/,
  },
  {
    what: 'an unknown priority',
    value: but({ priority: 'urgent' }),
    reason: 'invalid',
    says: /priority/,
  },
  { what: 'no recipient', value: but({ recipient: undefined }), reason: 'invalid', says: /recipient/ },
  { what: 'a recipient that is none', value: but({ recipient: '12' }), reason: 'invalid', says: /recipient/ },
  {
    what: 'a content of another type',
    value: but({ content: { a: 1 } }),
    reason: 'invalid',
    says: /content/,
  },
  { what: '161 emoji', value: but({ content: '🎉'.repeat(161) }), reason: 'invalid', says: /content/ },
  { what: 'a NUL', value: but({ content: 'a\0b' }), reason: 'invalid', says: /content/ },
  { what: 'half an emoji', value: but({ content: '\ud83c' }), reason: 'invalid', says: /content/ },
  {
    what: 'an unknown template',
    value: but({ template_id: randomUUID() }),
    reason: 'invalid',
    says: /template/,
  },
  {
    what: 'metadata that is no object',
    value: but({ metadata: '[1]' }),
    reason: 'invalid',
    says: /metadata/,
  },
  {
    what: 'attempts without end',
    value: but({ max_attempts: 1e9 }),
    reason: 'invalid',
    says: /max_attempts/,
  },
  { what: 'an impossible time', value: but({ scheduled_at: '2030-02-30T00:00:00Z' }), reason: 'invalid' },
  {
    what: 'several faults, each of them told',
    value: but({ recipient: '12', content: '', max_attempts: 99 }),
    reason: 'invalid',
    says: /recipient .*content .*max_attempts /,
  },
  { what: 'more than 256 kB', value: but({ padding: 'x'.repeat(256 * 1024) }), reason: 'too_large' },
];

describe('records that others write straight to a work topic', () => {
  const system = useSystem();
  before(requireKcat);

  const produce = (key: string, value: string | Buffer | null, headers: Record<string, string> = {}) =>
    kcatProduce(system().brokers, { topic: TOPIC, partition: PARTITION, key, value, headers });

  describe('to the dead letters, as they are, for', () => {
    const keys = unusable.map(() => randomUUID());
    let letters: KcatRecord[] = [];
    let written: KcatRecord[] = [];
    before(async () => {
      const avro = await avroBytes(system().registryUrl);
      for (const [index, { value }] of unusable.entries()) {
        const key = keys[index] ?? '';
        await produce(key, value(key, avro), { 'x-team': 'depo' });
      }
      letters = await deadLetters(system(), keys);
      written = await kcatConsume(system().brokers, TOPIC);
    });

    for (const [index, { what, reason, says }] of unusable.entries())
      it(what, () => {
        const letter = letters[index];
        if (letter === undefined) throw new Error('it is no dead letter');
        expectOriginalAmong(written, letter, reason);
        expect(letter.headers['x-team']).to.equal('depo');
        if (says !== undefined) expect(letter.headers[DEAD_LETTER_HEADER.message]).to.match(says);
      });

    it('and what comes after them is delivered', async () => {
      const id = randomUUID();
      await produce(id, JSON.stringify(good(id)));
      await expectDelivered(system(), goodSent(id));
      await expectNothingLeft(system());
    });
  });

  // A megabyte of text is more than a topic takes, unless it is compressed.
  it('are kept in whole when they are 1 MiB, and by their head when the dead letters take no more', async () => {
    const topic = 'notifications.email.low';
    const write = (key: string, content: string) =>
      kcatProduce(system().brokers, {
        topic,
        key,
        value: JSON.stringify({ ...good(key), content }),
        compression: 'gzip',
      });
    const [large, huge, after] = [randomUUID(), randomUUID(), randomUUID()];
    await write(large, 'x'.repeat(2 ** 20));
    await write(huge, 'x'.repeat(10 * 2 ** 20));
    await write(after, 'iyi');
    const [whole, head] = await deadLetters(system(), [large, huge]);
    if (whole === undefined || head === undefined) throw new Error('not both are dead letters');
    await expectOriginal(system(), whole, 'too_large');
    expect(head.headers[DEAD_LETTER_HEADER.reason]).to.equal('too_large');
    expect(head.headers[DEAD_LETTER_HEADER.topic]).to.equal(topic);
    expect(Number(head.headers[DEAD_LETTER_HEADER.originalBytes])).to.be.greaterThan(10 * 2 ** 20);
    expect(JSON.stringify(good(huge)).slice(0, 30)).to.equal(head.value?.toString().slice(0, 30));
    await deadLetter(system(), after);
  });

  it('are not taken for ours when they say so', async () => {
    const id = randomUUID();
    await produce(id, JSON.stringify(good(id)), { origin: 'fanfare', attempt: '1', fence: '0', cycle: '0' });
    await expectOriginal(system(), await deadLetter(system(), id), 'undecodable');
    const retry = randomUUID();
    await produce(retry, JSON.stringify(good(retry)), { origin: 'fanfare', appended_at: String(Date.now()) });
    await expectOriginal(system(), await deadLetter(system(), retry), 'row_missing');
    expect(await callsFor(system().simulatorUrl, retry)).to.deep.equal([]);
  });

  it('are sent once, however often they are written', async () => {
    const [id, marker] = [randomUUID(), randomUUID()];
    const value = JSON.stringify(good(id));
    const elsewhere = { topic: 'notifications.sms.normal', partition: 4, key: id, value };
    await Promise.all([produce(id, value), produce(id, value), kcatProduce(system().brokers, elsewhere)]);
    await expectDelivered(system(), goodSent(id));
    await kcatProduce(system().brokers, elsewhere);
    await produce(id, value);
    // Records after the copies, in the same partitions: once they are through and nothing is left, so are the copies.
    await produce(marker, JSON.stringify(good(marker)));
    const second = randomUUID();
    await kcatProduce(system().brokers, { ...elsewhere, key: second, value: JSON.stringify(good(second)) });
    await expectDelivered(system(), goodSent(marker));
    await expectDelivered(system(), goodSent(second));
    await expectNothingLeft(system());
    await expectDelivered(system(), goodSent(id));
  });

  it('are never sent when an id comes again with other content', async () => {
    const id = randomUUID();
    await produce(id, JSON.stringify(good(id)));
    await expectDelivered(system(), goodSent(id));
    const other = JSON.stringify({ ...good(id), content: 'başka' });
    await produce(id, other);
    const letter = await deadLetter(system(), id);
    await expectOriginal(system(), letter, 'id_conflict');
    expect(letter.value?.toString()).to.equal(other);
    expect(await callsFor(system().simulatorUrl, id)).to.have.length(1);
    await expectStatus(system(), id, 'delivered');
  });
});

function goodSent(id: string) {
  return { id, channel: 'sms', recipient: recipientFor('sms', 60), content: 'iyi' };
}

/** No record that was fetched is still being worked on. */
function expectNothingLeft({ deliveryUrl }: System): Promise<void> {
  return eventually(async () => {
    const metrics = await (await fetch(`${deliveryUrl()}/metrics`)).text();
    const inFlight = metrics.match(/^fanfare_delivery_in_flight\{.*channel="sms".*\} (\d+)$/m);
    expect(inFlight?.[1], 'sms in flight').to.equal('0');
  });
}

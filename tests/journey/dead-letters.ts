import { DEAD_LETTER_HEADER, DEAD_LETTER_TOPIC } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { kcatConsume, type KcatRecord } from './kcat.ts';
import type { System } from './system.ts';

/** The dead letter with this key, once it is there. */
export function deadLetter(system: System, key: string): Promise<KcatRecord> {
  return eventually(async () => {
    const letters = await kcatConsume(system.brokers, DEAD_LETTER_TOPIC);
    const mine = letters.filter((letter) => letter.key?.toString() === key);
    expect(mine, `dead letters with the key ${key}`).to.have.length(1);
    return mine[0] as KcatRecord;
  });
}

/** The dead letters with these keys, in the same order, once they are all there. */
export function deadLetters(system: System, keys: readonly string[]): Promise<KcatRecord[]> {
  return eventually(async () => {
    const letters = await kcatConsume(system.brokers, DEAD_LETTER_TOPIC);
    const byKey = new Map(letters.map((letter) => [letter.key?.toString(), letter]));
    return keys.map((key) => {
      const mine = byKey.get(key);
      if (mine === undefined) throw new Error(`no dead letter has the key ${key}`);
      return mine;
    });
  });
}

/** A dead letter is the record it was made of, bytes and key, with the reason in its headers. */
export async function expectOriginal(system: System, letter: KcatRecord, reason: string): Promise<void> {
  const { topic, partition, offset } = placeOf(letter);
  const [original] = await kcatConsume(system.brokers, topic, { partition, offset });
  expectSameRecord(letter, original, reason);
}

/** As `expectOriginal`, for one whose topic has been read already. */
export function expectOriginalAmong(topic: readonly KcatRecord[], letter: KcatRecord, reason: string): void {
  const { partition, offset } = placeOf(letter);
  const isOriginal = (record: KcatRecord) => record.partition === partition && record.offset === offset;
  expectSameRecord(letter, topic.find(isOriginal), reason);
}

function placeOf({ headers }: KcatRecord): { topic: string; partition: number; offset: number } {
  const { topic, partition, offset } = DEAD_LETTER_HEADER;
  return {
    topic: headers[topic] ?? '',
    partition: Number(headers[partition]),
    offset: Number(headers[offset]),
  };
}

function expectSameRecord(letter: KcatRecord, original: KcatRecord | undefined, reason: string): void {
  expect(letter.headers[DEAD_LETTER_HEADER.reason]).to.equal(reason);
  expect(letter.headers[DEAD_LETTER_HEADER.message], 'message').to.match(/\w/);
  if (original === undefined) throw new Error('there is no record where the dead letter says it came from');
  expect(letter.value?.toString('hex'), 'value').to.equal(original.value?.toString('hex'));
  expect(letter.key?.toString('hex'), 'key').to.equal(original.key?.toString('hex'));
}

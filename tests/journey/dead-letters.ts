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

/** A dead letter is the record it was made of, bytes and key, with the reason in its headers. */
export async function expectOriginal(system: System, letter: KcatRecord, reason: string): Promise<void> {
  expect(letter.headers[DEAD_LETTER_HEADER.reason]).to.equal(reason);
  expect(letter.headers[DEAD_LETTER_HEADER.message], 'message').to.match(/\w/);
  const topic = letter.headers[DEAD_LETTER_HEADER.topic] ?? '';
  const [original] = await kcatConsume(system.brokers, topic, {
    partition: Number(letter.headers[DEAD_LETTER_HEADER.partition]),
    offset: Number(letter.headers[DEAD_LETTER_HEADER.offset]),
  });
  expect(original?.value?.toString('hex') ?? null, 'value').to.equal(letter.value?.toString('hex') ?? null);
  expect(original?.key?.toString('hex'), 'key').to.equal(letter.key?.toString('hex'));
}

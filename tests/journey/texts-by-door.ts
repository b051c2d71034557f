import { eventually } from '@fanfare/testkit';
import { type Text, texts } from './corpus.ts';
import { expectDelivered, type Sent } from './follow.ts';
import { expectStory, listen, type Listener } from './listen.ts';
import type { System } from './system.ts';

/** Sends texts by one door and tells what it sent, in the same order. */
export type Door = (texts: readonly Text[]) => Promise<Sent[]>;

/** Every text of the corpus by one door, each followed to the provider, and every fourth of them listened to. */
export function everyTextArrives(system: () => System, door: Door): void {
  let sent: Sent[] = [];
  let listener: Listener;

  before('send them all', async () => {
    listener = await listen(system().apiUrl);
    sent = await door(texts);
    for (const { id } of sent.filter(isListenedTo)) listener.subscribe({ notification_id: id });
  });
  after(() => listener.close());

  for (const [index, { name }] of texts.entries())
    it(name, async () => {
      const mine = sent[index];
      if (mine === undefined) throw new Error('it was not sent');
      await expectDelivered(system(), mine);
      if (isListenedTo(mine, index)) await hearsTheEnd(listener, mine.id);
    });
}

async function hearsTheEnd(listener: Listener, id: string): Promise<void> {
  await eventually(() => expectStory(listener.heard(id), 'delivered'));
}

function isListenedTo(_: Sent, index: number): boolean {
  return index % 4 === 0;
}

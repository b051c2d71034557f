import { DEAD_LETTER_TOPIC } from '@fanfare/contracts';
import type { Letter } from './api.ts';
import { type Command, DONE_CODE, UsageError } from './command.ts';
import { record } from './table.ts';

export const dlqShow: Command = {
  name: 'dlq show',
  summary: 'Show all that is known of one dead letter',
  operands: { usage: 'ID', max: 1 },
  flags: { json: { help: 'Print JSON' } },
  run: async ({ api, terminal }, { operands: [id], flags }) => {
    if (id === undefined) throw new UsageError('Which one? `fanfare dlq ls` lists ids.');
    const letter = await api.get(id);
    terminal.print(flags.has('json') ? JSON.stringify(letter, null, 2) : describe(letter));
    return DONE_CODE;
  },
};

function describe(letter: Letter): string {
  const { partition, offset, source_topic, source_partition, source_offset } = letter;
  return record([
    ['id', letter.id],
    ['created', letter.created_at],
    ['channel', letter.channel ?? '-'],
    ['reason', letter.reason],
    ['message', letter.message ?? '-'],
    ['notification', letter.notification_id ?? '-'],
    ['its status now', letter.notification_status ?? '-'],
    ['cycle', String(letter.cycle)],
    ['state', letter.resolution === null ? 'open' : `${letter.resolution}, ${letter.resolved_at}`],
    ['came from', source_topic === null ? '-' : `${source_topic}/${source_partition}/${source_offset}`],
    ['its bytes', `kcat -C -b BROKER -t ${DEAD_LETTER_TOPIC} -p ${partition} -o ${offset} -c 1`],
  ]);
}

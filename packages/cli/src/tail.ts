import { CHANNELS, STATUSES } from '@fanfare/contracts';
import { isUuid } from '@fanfare/domain';
import { closest } from './closest.ts';
import {
  type Command,
  type CommandDeps,
  DONE_CODE,
  type Given,
  INTERRUPTED_CODE,
  UsageError,
} from './command.ts';
import type { Update } from './live-frame.ts';
import { statusStream, type Watched } from './status-stream.ts';
import { STATUS_HEADER, statusLine } from './status-line.ts';
import type { Terminal } from './terminal.ts';

export const tail: Command = {
  name: 'tail',
  summary: 'Show every change of status as it happens',
  flags: {
    channel: { value: 'CHANNEL', help: `Only of these, with commas between: ${CHANNELS.join(', ')}` },
    status: { value: 'STATUS', help: `Only these, with commas between:\n${STATUSES.join(', ')}` },
    batch: { value: 'ID', help: 'Only of one batch; its states of now come first' },
    id: { value: 'ID', help: 'Only of one notification; its state of now comes first' },
    json: { help: 'Print JSON, a line each' },
  },
  manual: `DETAIL is why, and when it goes on; of what is delivered it is what the provider calls it. Times are in UTC.

A connection that is lost is made again, and it goes on where it broke off. It ends with Ctrl-C, or when nobody
reads on:

  fanfare tail --status retrying,failed
  fanfare tail --channel email --json | jq -r .reason
  fanfare tail --status failed | head -1`,
  run: async (deps, given) => {
    const { terminal, signal } = deps;
    const isShown = filterOf(given);
    const print = printerOf(terminal, given);
    const stream = statusStream(watchedOf(given), {
      onUpdate: (update) => {
        if (isShown(update)) print(update);
      },
      onGap: () => terminal.tell('What happened meanwhile is too long ago to be told; it goes on from here.'),
    });
    const onOpen: typeof stream.onOpen = (ask) => {
      stream.onOpen(ask);
      if (terminal.isLive) terminal.show('Listening; Ctrl-C ends it.');
    };
    await deps.follow({ ...stream, onOpen }, AbortSignal.any([signal, terminal.gone]));
    // Over the `^C` that a terminal writes.
    if (terminal.isLive) terminal.show('');
    terminal.clear();
    return endOf(deps);
  },
};

/** Prints the header with the first line of all. */
function printerOf(terminal: Terminal, { flags }: Given): (update: Update) => void {
  if (flags.has('json')) return (update) => terminal.print(JSON.stringify(update));
  let isFirst = true;
  return (update) => {
    if (isFirst) terminal.print(STATUS_HEADER);
    isFirst = false;
    terminal.print(statusLine(update, terminal));
  };
}

/** That nobody reads any more is an end as good as any; Ctrl-C is told as every program tells it. */
function endOf({ terminal, signal }: CommandDeps): number {
  return signal.aborted && !terminal.gone.aborted ? INTERRUPTED_CODE : DONE_CODE;
}

function watchedOf({ texts: { id, batch } }: Given): Watched {
  if (id !== undefined && batch !== undefined) throw new UsageError('Give --id or --batch, not both.');
  const only = id ?? batch;
  if (only === undefined) return { all: true };
  if (!isUuid(only)) throw new UsageError('An id is a UUID, as `--json` prints it.');
  return id === undefined ? { batch_id: only } : { notification_id: only };
}

function filterOf({ texts }: Given): (update: Update) => boolean {
  const channels = wordsOf('channel', texts['channel'], CHANNELS);
  const statuses = wordsOf('status', texts['status'], STATUSES);
  return ({ channel, status }) => (channels?.has(channel) ?? true) && (statuses?.has(status) ?? true);
}

/** Null is any. The gateway filters by none of these, so what is misspelt would show nothing for ever. */
function wordsOf(flag: string, text: string | undefined, known: readonly string[]): Set<string> | null {
  if (text === undefined) return null;
  const words = text.split(',').map((word) => word.trim());
  for (const word of words) {
    if (known.includes(word)) continue;
    const meant = closest(word, known);
    const hint = meant === null ? `It is one of ${known.join(', ')}.` : `Did you mean ${meant}?`;
    throw new UsageError(`There is no ${flag} \`${word}\`. ${hint}`);
  }
  return new Set(words);
}

import { type Command, UsageError } from './command.ts';
import { DRAFT_FLAGS } from './draft.ts';
import { sendFile } from './send-file.ts';
import { sendOne } from './send-one.ts';

export const send: Command = {
  name: 'send',
  summary: 'Send a notification and show its journey, or a file of them',
  flags: {
    ...DRAFT_FLAGS,
    file: { value: 'PATH', help: 'Send what a file of CSV or NDJSON asks for; - is the standard input' },
    check: { help: 'Of a file, only list what is wrong with it' },
    wait: { help: 'Of a file, wait until everything is delivered or has failed' },
    'no-wait': { help: 'Of one, wait no longer than until it is accepted, and print its id' },
    'idempotency-key': { value: 'KEY', help: 'What was sent with it within 24 hours is not sent again' },
    'correlation-id': { value: 'ID', help: 'To find it by in logs and lists' },
    json: { help: 'Print JSON: of one, a line for each state; of a file, what was accepted' },
  },
  manual: `  fanfare send --channel sms --to +15550100 --content "Your code is 4711"
  fanfare send --channel email --to ada@example.org --template ID --var Name=Ada --at 2h
  fanfare send --file people.csv --channel sms --content "We open at nine" --wait

One is followed to its end: 0 is delivered, 1 is not. Ctrl-C ends the looking on, not the sending. To look on takes
a key that may read; with --no-wait one that may send is enough.

CSV has a header row, whose columns are named as the flags or as the API's fields: to, content, priority,
template, var.Name, metadata.order, ... An empty cell says nothing. NDJSON has a line for each, the body of
\`POST /api/v1/notifications\`. What a line does not say, the flags say for it.

A file is sent in batches of 1000, and may be of any length. A bad line stops it before anything of its batch
is sent, and tells its number. Each batch has an Idempotency-Key made of what it says and its place in the file:
run again after a stop, with the same flags, it sends nothing twice within 24 hours. Lines that were accepted must
stay as they are until then, and none may be added; to send a file once more, give another --idempotency-key.

--check knows what a service that is set as usual accepts; CONTENT_LIMIT_SMS, _EMAIL and _PUSH, where they are set
otherwise. Whether a template exists, and its values are all there, is found out by sending.`,
  run: async (deps, given) => {
    const { file } = given.texts;
    if (file !== undefined) return sendFile(deps, given, file);
    for (const flag of ['check', 'wait'])
      if (given.flags.has(flag)) throw new UsageError(`--${flag} goes with --file.`);
    if (Object.keys({ ...given.texts, ...given.lists }).length === 0)
      throw new UsageError('Say what to send: --channel, --to, --content. See `fanfare send --help`.');
    return sendOne(deps, given);
  },
};

import { type Command, UsageError } from './command.ts';
import { DRAFT_FLAGS } from './draft.ts';
import { sendOne } from './send-one.ts';

export const send: Command = {
  name: 'send',
  summary: 'Send a notification and show its journey',
  flags: {
    ...DRAFT_FLAGS,
    'idempotency-key': { value: 'KEY', help: 'What has been sent with it within 24 hours is not sent again' },
    'correlation-id': { value: 'ID', help: 'To find it by in logs and lists' },
    'no-wait': { help: 'Only until it is accepted; print its id' },
    json: { help: 'Print JSON, a line each' },
  },
  run: (deps, given) => {
    if (Object.keys({ ...given.texts, ...given.lists }).length === 0)
      throw new UsageError('Say what to send: --channel, --to, --content. See `fanfare send --help`.');
    return sendOne(deps, given);
  },
};

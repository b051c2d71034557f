import type { Outcome } from '@fanfare/domain';

/** How a call ended: with the server's reply to a command, or with a fault. */
export type SmtpEnding = {
  /** The last reply, such as `250 2.0.0 Ok: queued as 4F1A`; null when none came to what was said last. */
  reply: string | null;
  /** What it answers: `CONN` is the greeting, and `DATA` the message as well. */
  command: string;
  /** What else went wrong. */
  fault: string;
  /** Whether the first byte of the message was written: before it a server has nothing that it could deliver. */
  written: boolean;
};

type Kind = Outcome['kind'];

/**
 * What a reply means, the first line that fits: command, reply, outcome. A reply is a code of three digits and
 * perhaps an enhanced one (RFC 3463), `451 4.7.1 ...`; 4xx asks to try again, 5xx not to (RFC 5321, 4.2.1).
 */
const VERDICTS: readonly (readonly [command: RegExp, reply: RegExp, kind: Kind])[] = [
  [/^DATA$/, /^2/, 'accepted'],
  // A flood of mail from us (the registry of enhanced codes, X.7.28).
  [/./, /^4\d\d[ -]4\.7\.28\b/, 'throttled'],
  // A server that hangs up for a matter of policy means us and how much we send, not this message.
  [/./, /^421[ -]4\.7\./, 'throttled'],
  // Others say it in words: `454 Throttling failure: Maximum sending rate exceeded`, `450 4.7.1 too much mail from ...`.
  // Not of a single mailbox (X.1 and X.2), nor of one that wants to see us again later (greylisting): for these alone
  // the whole lane must not wait, and an attempt is used.
  [
    /./,
    /^4\d\d[ -](?!4\.[12]\.)(?!.*gr[ae]y.?list).*(?:\brate\b|throttl|too (?:many|much|fast|quick)|slow down|connections? limit)/is,
    'throttled',
  ],
  // A wrong password, a server that greets with 554 or wants a sign-in: for the operator to mend. No message is at
  // fault, and none may fail for it.
  [/^(?:CONN|EHLO|HELO|STARTTLS|AUTH|QUIT|RSET)/, /./, 'unavailable'],
  [/./, /^53[0458][ -]/, 'unavailable'],
  // A bad sequence of commands is a fault of the session; another one may go well.
  [/./, /^503[ -]/, 'unavailable'],
  [/./, /^5\d\d\b/, 'rejected'],
  [/./, /^4\d\d\b/, 'unavailable'],
];

/** The one place where a reply is judged. `words` is what may be told of it. */
export function outcomeOfEnding(ending: SmtpEnding, messageId: string, words: string): Outcome {
  const { written } = ending;
  switch (kindOf(ending)) {
    case 'accepted':
      return { kind: 'accepted', messageId: queueIdOf(words) ?? messageId };
    case 'rejected':
      return { kind: 'rejected', reason: words };
    case 'throttled':
      // SMTP has no Retry-After.
      return { kind: 'throttled', reason: words, retryAfterMs: null };
    case 'unavailable':
      return { kind: 'unavailable', reason: words, answered: written, retryAfterMs: null };
    case 'unknown':
      return { kind: 'unknown', reason: words };
  }
}

/** No reply, or none that SMTP knows: before the message began nothing was sent, afterwards nobody can tell. */
function kindOf({ command, reply, written }: SmtpEnding): Kind {
  const verdict = VERDICTS.find(([on, said]) => on.test(command) && said.test(reply ?? ''));
  return verdict?.[2] ?? (written ? 'unknown' : 'unavailable');
}

/** The name that servers give a mail they took: the one to ask its operator for. */
function queueIdOf(words: string): string | null {
  return /\b(?:queued as|id[= ])\s*<?([\w.@-]+)/i.exec(words)?.[1] ?? null;
}

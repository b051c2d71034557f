import type { Channel } from '@fanfare/contracts';

const E164 = /^\+[1-9]\d{1,14}$/;
const PUSH_TOKEN = /^[\x21-\x7e]{1,4096}$/;
// One mailbox as RFC 5321 takes it, UTF-8 allowed (RFC 6531): no quoting, no list, no control characters.
const LOCAL_PART = /^[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}.]+(?:\.[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}.]+)*$/u;
const DOMAIN =
  /^[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?)+$/u;

/** What is wrong with `recipient` for `channel`, or null. Formats: E.164 (ITU-T), RFC 5321 mailbox, device token. */
export function recipientFault(channel: Channel, recipient: string): string | null {
  switch (channel) {
    case 'sms':
      return E164.test(recipient) ? null : 'must be a phone number in E.164 form: + and 2 to 15 digits';
    case 'email':
      return isMailbox(recipient) ? null : 'must be one e-mail address';
    case 'push':
      return PUSH_TOKEN.test(recipient)
        ? null
        : 'must be a push token of 1 to 4096 printable ASCII characters';
  }
}

function isMailbox(recipient: string): boolean {
  const at = recipient.lastIndexOf('@');
  const [local, domain] = [recipient.slice(0, at), recipient.slice(at + 1)];
  return (
    at > 0 && recipient.length <= 254 && local.length <= 64 && LOCAL_PART.test(local) && DOMAIN.test(domain)
  );
}

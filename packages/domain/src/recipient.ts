import type { Channel } from '@fanfare/contracts';
import { utf8Bytes } from './text.ts';

const E164 = /^\+[1-9]\d{1,14}$/;
const PUSH_TOKEN = /^[\x21-\x7e]{1,4096}$/;
// One mailbox as RFC 5321 takes it, UTF-8 allowed (RFC 6531): no quoting, no list, no control or format characters,
// no half of a surrogate pair (Cs).
const LOCAL_PART = /^[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}\p{Cs}.]+(?:\.[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}\p{Cs}.]+)*$/u;
// Marks (M) are the vowel signs of Devanagari, Thai and others.
const DOMAIN_LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

// RFC 5321 section 4.5.3.1 and its erratum 1690, in octets.
const LOCAL_PART_BYTES_MAX = 64;
const MAILBOX_BYTES_MAX = 254;

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
  // Octets are at least as many as code units; what is far too long is not worth encoding.
  if (recipient.length > MAILBOX_BYTES_MAX || utf8Bytes(recipient) > MAILBOX_BYTES_MAX) return false;
  const at = recipient.lastIndexOf('@');
  return isLocalPart(recipient.slice(0, Math.max(at, 0))) && isDomain(recipient.slice(at + 1));
}

function isLocalPart(text: string): boolean {
  return utf8Bytes(text) <= LOCAL_PART_BYTES_MAX && LOCAL_PART.test(text);
}

/** A name without a dot is no host that mail from outside reaches. */
function isDomain(text: string): boolean {
  const labels = text.split('.');
  return labels.length > 1 && labels.every((label) => DOMAIN_LABEL.test(label));
}

import type { Channel } from '@fanfare/contracts';

/** Someone who does not exist: a number of the range kept for fiction, a mailbox nobody has, a token. */
export function recipientFor(channel: Channel, index = 0): string {
  switch (channel) {
    case 'sms':
      return `+155501${String(index % 10_000).padStart(5, '0')}`;
    case 'email':
      return index % 2 === 0 ? `okur.${index}@example.com` : `çağrı.öz+${index}@posta.example.com`;
    case 'push':
      return `device:${index}:APA91b-_~{}|`;
  }
}

import type { Channel, Priority } from '@fanfare/contracts';
import { below, oneOf, type Random, seededRandom } from '../random.ts';

/** A notification as a client would ask for it. */
export type Body = {
  channel: Channel;
  recipient: string;
  content: string;
  priority?: Priority;
  metadata: Record<string, string | number | boolean>;
};

/** The same texts for the same seed, so that two runs send the same bytes. */
export function generateBodies(seed: number, count: number): Body[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => generateBody(random));
}

/** The same texts, every third to a phone number, a mailbox and a device. */
export function acrossChannels(bodies: readonly Body[]): Body[] {
  return bodies.map((body, index) => toChannel(THIRDS[index % THIRDS.length] ?? 'sms', body));
}

/** The same text to somebody whom this channel reaches. */
export function toChannel(channel: Channel, body: Body): Body {
  const number = body.recipient.slice(1);
  switch (channel) {
    case 'sms':
      return body;
    case 'email':
      return { ...body, channel, recipient: `ayse.${number}@example.com` };
    case 'push':
      return { ...body, channel, recipient: `token-${number}` };
  }
}

const THIRDS: readonly Channel[] = ['sms', 'email', 'push'];

const TEXTS = [
  'Merhaba {name}, {number} numaralı siparişiniz yola çıktı; yarın 14:00–16:00 arası kapınızda 📦',
  'Sayın {name}, randevunuz 24 Kasım 09:30’da. Gelemeyecekseniz lütfen {number} yazıp yanıtlayın.',
  'Hallo {name}, Ihre Bestellung {number} ist unterwegs und kommt morgen zwischen 9 und 12 Uhr an.',
  'Bonjour {name}, votre colis nº {number} est arrivé au point relais. À retirer avant samedi soir !',
  'Hola {name}, tu código de verificación es {number}. Caduca en 10 minutos; no lo compartas. 🔒',
  'Hi {name}, your payment for order {number} was received – thank you! The receipt is on its way.',
  'مرحبًا {name}، تم تأكيد حجزك رقم {number}. نراك غدًا في التاسعة صباحًا، شكرًا لاختيارك لنا 🌟',
  'Cześć {name}, rata nr {number} została zaksięgowana. Następna płatność przypada 15 grudnia.',
];
const NAMES = ['Ayşe', 'Özgür', 'Jürgen', 'Chloé', 'Iñaki', 'Mary', 'ليلى', 'Łukasz', 'Şule', 'Noah'];
const CAMPAIGNS = ['kasım-2026', 'order-updates', 'appointments', 'verification', 'receipts'];
/** Most say nothing and are normal. */
const PRIORITIES: readonly (Priority | undefined)[] = ['high', 'low', ...Array<undefined>(8).fill(undefined)];

function generateBody(random: Random): Body {
  const number = 100_000 + below(random, 900_000);
  const priority = oneOf(random, PRIORITIES);
  return {
    channel: 'sms',
    recipient: `+90555${1_000_000 + below(random, 9_000_000)}`,
    content: oneOf(random, TEXTS).replace('{name}', oneOf(random, NAMES)).replace('{number}', `${number}`),
    ...(priority === undefined ? {} : { priority }),
    metadata: {
      order_id: `ord_${number.toString(36)}`,
      campaign: oneOf(random, CAMPAIGNS),
      step: below(random, 5),
      is_test: false,
    },
  };
}

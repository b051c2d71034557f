import type { Channel } from '@fanfare/contracts';

/** A text as people and programs write them; it must reach the provider byte for byte. */
export type Text = { name: string; channel: Channel; content: string };

/** Invisible characters are written as escapes, so that an editor's tidying cannot change what is tested. */
export const texts: readonly Text[] = [
  {
    name: 'Turkish, with and without dots',
    channel: 'sms',
    content: 'İstanbul’da ILIK bir ışık: iğne, İĞNE, ıhlamur. Şoför çayını üfleyip gülümsedi. Kod: 4821',
  },
  {
    name: 'Arabic with vowel signs and bidi marks',
    channel: 'sms',
    content: '\u200Fمَرْحَبًا! رَمْزُكَ هُوَ \u2067\u200E4821\u2069، صَالِحٌ ١٠ دَقَائِق \u202Bﷺ\u202C',
  },
  {
    name: 'Hebrew with points, turned around by an override',
    channel: 'push',
    content: 'שָׁלוֹם \u202Eabc\u202C עוֹלָם \u2066(1)\u2069\u061C',
  },
  {
    name: 'emoji joined, with skin tones, flags and keycaps',
    channel: 'push',
    content:
      '👩🏽\u200D🚀 👨\u200D👩\u200D👧\u200D👦 🧑🏻\u200D🤝\u200D🧑🏿 🏳\uFE0F\u200D🌈 ❤\uFE0F\u200D🔥 🇹🇷 🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} 1\uFE0F\u20E3 👍🏿 ☺\uFE0E',
  },
  {
    name: 'combining marks composed (NFC)',
    channel: 'sms',
    content: 'Caf\u00E9 Z\u00FCrich \u1EA4m \uD55C\uAE00 \u1E69 \u00C5ngstr\u00F6m',
  },
  {
    name: 'the same decomposed (NFD), which must not be composed',
    channel: 'sms',
    content:
      'Cafe\u0301 Zu\u0308rich A\u0302\u0301m \u1112\u1161\u11AB\u1100\u1173\u11AF s\u0323\u0307 A\u030Angstro\u0308m',
  },
  {
    name: 'marks in another order than canonical, piled up, and compatibility forms',
    channel: 'push',
    content:
      's\u0307\u0323 Z\u0351\u036B\u0343\u036A\u0302a\u0361l\u0316g\u0348o\u032F \uFB01 \u2460 \u212B \u2126 \u1E9E \u{1D4D7}\u{1D4EE}',
  },
  {
    name: 'Chinese, Japanese and Korean, with rare ideographs and their variants',
    channel: 'sms',
    content: '验证码：４８２１，请勿告知他人。𠮷野家・葛\u{E0100}飾区 ﾊﾝｶｸ が か\u3099 인증번호 \u3000𪚥',
  },
  {
    name: 'scripts of South and South-East Asia, Ethiopia and Georgia',
    channel: 'email',
    content: 'नमस्ते क्ष श्री · வணக்கம் · สวัสดีครับ น้ำ · မင်္ဂလာပါ · ជំរាបសួរ · ሰላም · გამარჯობა · བཀྲ་ཤིས་',
  },
  { name: '160 emoji in an SMS', channel: 'sms', content: '🎉'.repeat(160) },
  {
    name: '160 code points of joined families in an SMS',
    channel: 'sms',
    content: `${'👨\u200D👩\u200D👧\u200D👦'.repeat(22)}${'🫶🏾'.repeat(3)}`,
  },
  {
    name: 'line ends, tabs, quotes and backslashes',
    channel: 'email',
    content: '\tHi "Ada"\r\n\'quoted\' \\ back\\slash \\n \\u0041 \\\\server\\share\nend \\',
  },
  {
    name: 'what shells, formats, CSV and SQL would touch',
    channel: 'email',
    content: '$HOME ${x} $(id) `id` %s %d %00 ;|&<> * ? ~ ! # \'; DROP TABLE notifications; -- =1+1,"a",""',
  },
  {
    name: 'spaces at both ends, control characters, a byte order mark, separators of lines and paragraphs',
    channel: 'email',
    content: '\uFEFF  \u0001\u001B[31mred\u007F\u0085\u00A0\u2028\u2029\u200B\u00AD\uFFF9\u000B\u000C  \n\n',
  },
  {
    name: 'the edges of Unicode: private use, noncharacters, the last code point',
    channel: 'push',
    content: '\uE000\uF8FF\uFFFD\uFFFE\uFFFF\u{1FFFE}\u{F0000}\u{10FFFF}\u07FF\u0800\u{10000}',
  },
  {
    name: 'HTML, XML and template braces',
    channel: 'email',
    content:
      '<!DOCTYPE html>\n<html lang="tr" dir=\'rtl\'><b>Özür &amp; &lt;teşekkür&gt;</b>&nbsp;<script>alert("1")</script><![CDATA[ ]]>{{.Name}} {{{x}}} <%= y %> {"a":[1,"\\u00e9"]}</html>',
  },
  { name: 'a mail of 10 000 characters in many scripts', channel: 'email', content: longMail(10_000) },
  { name: 'a push message of 500 code points', channel: 'push', content: longMail(500) },
];

/** Exactly so many code points, with paragraphs. */
function longMail(codePoints: number): string {
  const paragraph = [
    'Merhaba dünya, güneşli bir İzmir sabahından yazıyorum.',
    'مرحبا بالعالم، أكتب إليكم من صباحٍ مشمس.',
    'Здравствуйте! Γειά σου! שלום! 你好，世界。こんにちは。안녕하세요.',
    '👩🏽\u200D💻 ☕\uFE0F → 🚀; Cafe\u0301, naïve, Straße, "quotes" & <tags>\\',
  ].join('\n');
  const points = Array.from(`${paragraph}\r\n\r\n`);
  return Array.from({ length: codePoints }, (_, index) => points[index % points.length]).join('');
}

/** Metadata with keys in many scripts, two of which differ in normalisation alone. */
export const metadata = {
  müşteri: 'Çağrı',
  مفتاح: ['قيمة', 1, null, { '🔑': true }],
  'caf\u00E9': 'composed',
  'cafe\u0301': 'decomposed',
  '': 'an empty key',
  'with "quotes" and \\': '\u2028\n\t',
  constructor: { prototype: 'no more than a word' },
  数: [0, -1.5, 1e21, 0.1, 9_007_199_254_740_991],
};

/** A push token of 4096 characters with every printable one in it. */
export const longPushToken = Array.from({ length: 4096 }, (_, index) =>
  String.fromCodePoint(0x21 + ((index * 7) % 94)),
).join('');

/** What a test compares: the bytes, not what a string comparison might forgive. */
export function hexOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}

import { notificationCodec } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  DEFAULT_CONTENT_LIMITS,
  type Draft,
  METADATA_BYTES_MAX,
  type Validated,
  validateNotification,
  validateRecord,
} from './index.ts';

const NOW = Date.parse('2030-01-15T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;
const RULES = { limits: DEFAULT_CONTENT_LIMITS, now: NOW };
type Door = (input: unknown) => Validated<Draft>;
const REST: Door = (input) => validateNotification(input, RULES);
const KAFKA: Door = (input) => validateRecord(input, RULES);
const SMS = { channel: 'sms', recipient: '+15550100123', content: 'Merhaba' };
const MAIL = { channel: 'email', recipient: 'ada@example.com', content: 'Merhaba' };

/** As a client sends it: through JSON, which is how `__proto__` becomes a field of its own. */
function asSent(input: unknown): unknown {
  return JSON.parse(JSON.stringify(input)) as unknown;
}

function accepted(input: unknown, door = REST): Draft {
  const result = door(input);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.faults)}`);
  return result.value;
}

/** Fields with a fault, as `field` or `field/type` where the problem has a type of its own. */
function faultsOf(input: unknown, door = REST): string[] {
  const result = door(input);
  if (result.ok) return [];
  return result.faults.map(({ field, type }) => (type === 'invalid-request' ? field : `${field}/${type}`));
}

describe('validation of a notification', () => {
  it('fills in what was left out', () => {
    expect(accepted(SMS)).to.deep.equal({
      ...SMS,
      subject: null,
      html: null,
      priority: 'normal',
      template_id: null,
      template_variables: null,
      metadata: null,
      scheduled_at: null,
      expires_at: null,
      max_attempts: 5,
      delivery_mode: 'at_least_once',
    });
  });

  it('keeps what was said', () => {
    const full = {
      ...MAIL,
      subject: 'Merhaba, Ada 👋',
      html: '<p>Merhaba</p>\r\n',
      priority: 'high',
      template_id: '0192f0c0-0000-7000-8000-00000000abcd',
      template_variables: { Name: 'Ada' },
      metadata: { order: 7, tags: ['a', null], nested: { deep: true } },
      max_attempts: 10,
      delivery_mode: 'at_most_once',
    };
    const times = { scheduled_at: '2030-01-31T09:00:00+03:00', expires_at: '2030-02-01T00:00:00.25Z' };
    expect(
      accepted(asSent({ ...full, ...times, template_id: full.template_id.toUpperCase() })),
    ).to.deep.equal({
      ...full,
      scheduled_at: Date.parse('2030-01-31T06:00:00Z'),
      expires_at: Date.parse('2030-02-01T00:00:00.250Z'),
    });
  });

  it('takes null for absent, so that an answer can be sent back as a request', () => {
    const nulls = Object.fromEntries(Object.keys(accepted(SMS)).map((field) => [field, null]));
    expect(accepted({ ...nulls, ...SMS })).to.deep.equal(accepted(SMS));
  });

  it('says everything that is wrong at once', () => {
    const wrong = {
      channel: 'fax',
      recipient: 5,
      content: '   ',
      subject: '',
      html: {},
      priority: 'urgent',
      template_id: 'x',
      template_variables: [],
      metadata: 'none',
      scheduled_at: 'tomorrow',
      expires_at: '2020-01-01T00:00:00Z',
      max_attempts: 11,
      delivery_mode: 'exactly_once',
      recipent: '+15550100123',
    };
    expect(faultsOf(wrong)).to.have.members([
      'channel/invalid-channel',
      'recipient/invalid-recipient',
      'content/invalid-content',
      'subject/invalid-content',
      'html/invalid-content',
      'priority',
      'template_id',
      'template_variables',
      'metadata',
      'scheduled_at',
      'expires_at',
      'max_attempts',
      'delivery_mode',
      'recipent',
    ]);
    expect(faultsOf({})).to.have.members([
      'channel/invalid-channel',
      'recipient/invalid-recipient',
      'content/invalid-content',
    ]);
  });

  for (const input of [undefined, null, 5, 'text', true, [], [SMS]])
    it(`refuses ${JSON.stringify(input)} in place of an object`, () => {
      expect(faultsOf(input)).to.deep.equal(['']);
    });

  it('refuses unknown fields where it is told to, and leaves them out where it is not', () => {
    for (const field of ['id', 'Content', 'to', '', 'constructor', 'toString', 'hasOwnProperty']) {
      const input = asSent({ ...SMS, [field]: 'x' });
      expect(faultsOf(input), field).to.deep.equal([field]);
      expect(accepted(input, KAFKA), field).to.deep.equal(accepted(SMS));
    }
  });

  it('is not taken in by __proto__', () => {
    const input = JSON.parse(`{"__proto__": ${JSON.stringify(SMS)}}`) as unknown;
    expect(faultsOf(input)).to.include('__proto__').and.to.include('recipient/invalid-recipient');
    expect(faultsOf(input, KAFKA)).to.include('recipient/invalid-recipient');
    const inherited: unknown = Object.create({ metadata: { a: 1 }, priority: 'high' }, {});
    expect(accepted(Object.assign(inherited as object, SMS), KAFKA)).to.deep.equal(accepted(SMS));
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(faultsOf({ ...SMS, channel: name })).to.deep.equal(['channel/invalid-channel']);
      expect(faultsOf({ ...SMS, priority: name })).to.deep.equal(['priority']);
    }
  });

  it('names at most 100 unknown fields', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, i]));
    expect(faultsOf({ ...SMS, ...many, content: '' }))
      .to.have.length(101)
      .and.to.include('f99');
  });

  it('takes any JSON without throwing, and what it accepts it accepts again', () => {
    const fieldsOfAnyValue = fc.record(
      Object.fromEntries(Object.keys(accepted(SMS)).map((field) => [field, fc.jsonValue()])),
      { requiredKeys: [] },
    );
    const halfRight = fieldsOfAnyValue.map((fields) => ({ ...fields, ...SMS }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fieldsOfAnyValue, halfRight), (input) => {
        for (const door of [REST, KAFKA]) {
          const result = door(input);
          if (result.ok) expect(accepted(result.value, KAFKA)).to.deep.equal(result.value);
          else expect(result.faults).to.not.be.empty;
        }
      }),
    );
  });
});

describe('validation of content', () => {
  const texts = [
    'İstanbul’da ığdır çayı, şöyle böyle: ĞÜŞİÖÇ ğüşıöç',
    'مرحبا، رمز التحقق الخاص بك هو ١٢٣٤',
    'שלום, הקוד שלך הוא 1234',
    '您的验证码是 1234 🎉',
    '👩‍👩‍👧‍👦 family, 🇹🇷 flag, 👍🏽 skin tone',
    'e\u0301 decomposed, \u200f right-to-left mark, \u0000'.slice(0, -1),
    ' leading and trailing \n',
    'tab\tnewline\r\nbell\u0007',
    '"quotes" \\backslashes\\ {{.Name}} %s <b>&amp;</b> \u2028\ufeff',
    '0',
  ];
  for (const content of texts)
    it(`keeps ${JSON.stringify(content.slice(0, 20))} as it is`, () => {
      for (const channel of [SMS, MAIL]) expect(accepted({ ...channel, content }).content).to.equal(content);
    });

  it('counts code points, not code units or bytes', () => {
    for (const sign of ['a', 'ş', 'م', '漢', '🎉']) {
      expect(faultsOf({ ...SMS, content: sign.repeat(160) }), sign).to.deep.equal([]);
      expect(faultsOf({ ...SMS, content: sign.repeat(161) }), sign).to.deep.equal([
        'content/invalid-content',
      ]);
    }
    const push = { channel: 'push', recipient: 'token', content: '' };
    expect(faultsOf({ ...push, content: '🎉'.repeat(500) })).to.deep.equal([]);
    expect(faultsOf({ ...push, content: `${'🎉'.repeat(499)}ab` })).to.deep.equal([
      'content/invalid-content',
    ]);
    expect(faultsOf({ ...MAIL, content: '🎉'.repeat(10_000) })).to.deep.equal([]);
    expect(faultsOf({ ...MAIL, content: `${'🎉'.repeat(10_000)}a` })).to.deep.equal([
      'content/invalid-content',
    ]);
    expect(faultsOf({ ...MAIL, content: 'x'.repeat(1_000_000) })).to.deep.equal(['content/invalid-content']);
  });

  it('keeps to the limits it is given', () => {
    const limits = { sms: 3, email: 0, push: 1 };
    const door: Door = (input) => validateNotification(input, { ...RULES, limits });
    expect(faultsOf({ ...SMS, content: 'abc' }, door)).to.deep.equal([]);
    expect(faultsOf({ ...SMS, content: 'abcd' }, door)).to.deep.equal(['content/invalid-content']);
  });

  const bad = {
    absent: undefined,
    empty: '',
    blank: ' \t\r\n\u00a0\u3000\ufeff',
    'a number': 5,
    'a list': ['text'],
    'an object': { text: 'x' },
    'with NUL': 'a\0b',
    'with half a pair at its end': 'cut \ud83d',
    'with half a pair at its start': '\udc00 cut',
    'with halves in the wrong order': '\udc00\ud800',
  };
  for (const [what, content] of Object.entries(bad))
    it(`refuses one that is ${what}`, () => {
      expect(faultsOf({ ...SMS, content })).to.deep.equal(['content/invalid-content']);
    });

  it('may be left out where a template is named, but not be wrong', () => {
    const template_id = '0192f0c0-0000-7000-8000-00000000abcd';
    const { content: _, ...rest } = SMS;
    expect(accepted({ ...rest, template_id }).content).to.equal(null);
    expect(accepted({ ...SMS, template_id }).content).to.equal('Merhaba');
    expect(faultsOf({ ...rest, template_id, content: '' })).to.deep.equal(['content/invalid-content']);
    expect(faultsOf({ ...rest, template_id: 'welcome' })).to.deep.equal([
      'content/invalid-content',
      'template_id',
    ]);
  });
});

describe('validation of subject and HTML', () => {
  it('keeps them as they are, and counts them in code points', () => {
    for (const sign of ['a', 'ş', '漢', '🎉']) {
      const longest = { subject: sign.repeat(998), html: sign.repeat(100_000) };
      expect(accepted({ ...MAIL, ...longest })).to.include(longest);
      expect(faultsOf({ ...MAIL, subject: `${longest.subject}a`, html: `${longest.html}a` })).to.deep.equal([
        'subject/invalid-content',
        'html/invalid-content',
      ]);
    }
  });

  it('takes no notification that would not fit into one request to Kafka', () => {
    const longest = { subject: '🎉'.repeat(998), html: '🎉'.repeat(100_000), content: '🎉'.repeat(10_000) };
    const draft = accepted({ ...MAIL, ...longest, recipient: `a@${'b'.repeat(60)}.example` });
    const identity = { id: 'x'.repeat(36), tenant_id: '', batch_id: null, idempotency_key: 'k'.repeat(255) };
    const bytes = notificationCodec.encode({
      ...draft,
      ...identity,
      template_variables: null,
      metadata: 'x'.repeat(METADATA_BYTES_MAX),
      correlation_id: 'c'.repeat(128),
      source: 's'.repeat(255),
      created_at: NOW,
    });
    // `splitBySize` of packages/kafka makes requests of 900 000 bytes.
    expect(bytes.length).to.be.within(440_000, 900_000);
  });

  it('has them of email alone', () => {
    const parts = { subject: 'Merhaba', html: '<p>Merhaba</p>' };
    const push = { channel: 'push', recipient: 'token', content: 'Merhaba' };
    for (const other of [SMS, push]) {
      expect(faultsOf({ ...other, ...parts })).to.deep.equal([
        'subject/invalid-content',
        'html/invalid-content',
      ]);
      expect(faultsOf({ ...other, ...parts }, KAFKA)).to.have.length(2);
    }
    expect(faultsOf({ ...MAIL, ...parts, channel: 'fax' })).to.deep.equal(['channel/invalid-channel']);
  });

  const bad = [5, {}, ['text'], '', ' \u00a0', 'a\0b', 'cut \ud83d', '\udc00\ud800'];
  for (const field of ['subject', 'html'])
    for (const value of bad)
      it(`refuses ${JSON.stringify(value)} for ${field}`, () => {
        expect(faultsOf({ ...MAIL, [field]: value })).to.deep.equal([`${field}/invalid-content`]);
      });

  for (const control of ['\r\nBcc: eve@example.com', '\n', '\r', '\t', '\u0007', '\u0085', '\u007f'])
    it(`refuses ${JSON.stringify(control)} in a subject`, () => {
      expect(faultsOf({ ...MAIL, subject: `Merhaba${control}Ada` })).to.deep.equal([
        'subject/invalid-content',
      ]);
      expect(faultsOf({ ...MAIL, html: `Merhaba${control}Ada` })).to.deep.equal([]);
    });
});

describe('validation of metadata and template variables', () => {
  for (const field of ['metadata', 'template_variables'] as const) {
    it(`takes any object for ${field}`, () => {
      const value = asSent({ a: { b: ['ş', null, 1.5] }, '': {} });
      expect(accepted({ ...SMS, [field]: value })[field]).to.deep.equal(value);
      expect(accepted({ ...SMS, [field]: {} })[field]).to.deep.equal({});
    });
    for (const value of ['{}', 0, false, [], { a: '\0' }, { a: 'x'.repeat(METADATA_BYTES_MAX) }])
      it(`refuses ${JSON.stringify(value).slice(0, 20)} for ${field}`, () => {
        expect(faultsOf({ ...SMS, [field]: value })).to.deep.equal([field]);
      });
  }
});

describe('validation of attempts', () => {
  for (const max_attempts of [1, 5, 10])
    it(`takes ${max_attempts}`, () => {
      expect(accepted({ ...SMS, max_attempts }).max_attempts).to.equal(max_attempts);
    });
  for (const max_attempts of [0, -1, 11, 1.5, 1e21, Infinity, NaN, '5', true, [5]])
    it(`refuses ${String(max_attempts)} (${typeof max_attempts})`, () => {
      expect(faultsOf({ ...SMS, max_attempts })).to.deep.equal(['max_attempts']);
    });
});

describe('validation of times', () => {
  const moment = Date.parse('2030-01-31T09:00:00Z');

  for (const given of ['2030-01-31T09:00:00Z', '2030-01-31T12:00:00+03:00', moment])
    it(`reads ${given} (${typeof given})`, () => {
      for (const door of typeof given === 'string' ? [REST, KAFKA] : [KAFKA]) {
        expect(accepted({ ...SMS, scheduled_at: given }, door).scheduled_at).to.equal(moment);
        expect(accepted({ ...SMS, expires_at: given }, door).expires_at).to.equal(moment);
      }
    });

  it('takes a number from Kafka alone', () => {
    expect(faultsOf({ ...SMS, scheduled_at: moment, expires_at: moment })).to.deep.equal([
      'scheduled_at',
      'expires_at',
    ]);
  });

  const words = ['tomorrow', '2030-02-31T00:00:00Z', '9999-12-31T23:59:59-00:01', String(moment)];
  // Seconds in place of milliseconds would lie in 1970, and the notification would be sent at once.
  const numbers = [
    moment / 1000,
    0,
    -1,
    moment + 0.5,
    253_402_300_800_000,
    Number.MAX_SAFE_INTEGER,
    Infinity,
    NaN,
  ];
  for (const given of [...words, ...numbers, true, {}, ['2030-01-31T09:00:00Z']])
    it(`refuses ${JSON.stringify(given)} (${typeof given})`, () => {
      for (const door of [REST, KAFKA]) {
        expect(faultsOf({ ...SMS, scheduled_at: given }, door)).to.deep.equal(['scheduled_at']);
        expect(faultsOf({ ...SMS, expires_at: given }, door)).to.deep.equal(['expires_at']);
      }
    });

  it('takes a schedule in the past for now', () => {
    for (const scheduled_at of [NOW, NOW - 1, '0001-01-01T00:00:00Z', '1999-12-31T23:59:59Z'])
      expect(accepted({ ...SMS, scheduled_at }, KAFKA).scheduled_at, String(scheduled_at)).to.equal(null);
    expect(accepted({ ...SMS, scheduled_at: NOW + 1 }, KAFKA).scheduled_at).to.equal(NOW + 1);
  });

  it('looks at most one year ahead, by the calendar', () => {
    expect(faultsOf({ ...SMS, scheduled_at: '2031-01-15T12:00:00Z' })).to.deep.equal([]);
    expect(faultsOf({ ...SMS, scheduled_at: '2031-01-15T12:00:00.001Z' })).to.deep.equal(['scheduled_at']);
    expect(faultsOf({ ...SMS, scheduled_at: NOW + 366 * DAY_MS }, KAFKA)).to.deep.equal(['scheduled_at']);
  });

  it('wants an expiry after now and after the schedule', () => {
    const scheduled_at = NOW + DAY_MS;
    expect(faultsOf({ ...SMS, expires_at: NOW }, KAFKA)).to.deep.equal(['expires_at']);
    expect(faultsOf({ ...SMS, expires_at: NOW + 1 }, KAFKA)).to.deep.equal([]);
    expect(faultsOf({ ...SMS, scheduled_at, expires_at: scheduled_at }, KAFKA)).to.deep.equal(['expires_at']);
    expect(faultsOf({ ...SMS, scheduled_at, expires_at: scheduled_at + 1 }, KAFKA)).to.deep.equal([]);
    expect(faultsOf({ ...SMS, scheduled_at: NOW - DAY_MS, expires_at: NOW + 1 }, KAFKA)).to.deep.equal([]);
    expect(faultsOf({ ...SMS, expires_at: '9999-12-31T23:59:59.999Z' }, KAFKA)).to.deep.equal([]);
  });
});

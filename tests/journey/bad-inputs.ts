import { gzipSync } from 'node:zlib';
import { recipientFor } from './recipients.ts';

/** A request that must be refused, and with which problem. */
export type BadInput = {
  what: string;
  /** Method and path; `{template}` is one that exists, `{unknown}` is the id of nothing. */
  line: string;
  headers?: Record<string, string>;
  /** Bytes as they are; anything else as JSON. */
  body?: unknown;
  status: number;
  type: string;
  /** All that its errors name, in any order. */
  fields?: string[];
};

/** What is wrong, how a good body is changed for it (undefined takes a field out), what is told of it. */
type Fault = [what: string, change: Record<string, unknown>, fields?: string[], type?: string];

export const UNKNOWN_ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const JSON_TYPE = { 'content-type': 'application/json' };
const LONE = '\ud83d';
/** Turns the text after it around: what looks like one address may be another. */
const BIDI = '\u202e';
const DEEP = '['.repeat(10_000) + ']'.repeat(10_000);
const BOMB = gzipSync(Buffer.alloc(32 * 1_048_576, ' '));
const VALUES_OF_OTHER_TYPES = { 'a number': 7, true: true, 'a list': ['x'], 'an object': { a: 1 } };

const sms = { channel: 'sms', recipient: recipientFor('sms', 80), content: 'Merhaba' };
const email = { channel: 'email', recipient: recipientFor('email', 80), content: 'Merhaba' };
const push = { channel: 'push', recipient: recipientFor('push', 80), content: 'Merhaba' };
const template = { name: 'bad inputs', channel: 'email', body: 'Merhaba {{.Name}}' };

const CREATE = 'POST /api/v1/notifications';
const BATCH = 'POST /api/v1/notifications/batch';
const RESCHEDULE = 'PATCH /api/v1/notifications/{unknown}';
const TEMPLATE = 'POST /api/v1/templates';
const CHANGE_TEMPLATE = 'PUT /api/v1/templates/{template}';
const REDRIVE = 'POST /api/v1/dead-letters/redrive';
const PURGE = 'POST /api/v1/dead-letters/purge';
const PAUSE = 'PATCH /api/v1/lanes/sms/pause';
const RESUME = 'PATCH /api/v1/lanes/sms/simulator/resume';

/** Every operation that takes a body, with one that is good. */
const WITH_BODY: Record<string, object> = {
  [CREATE]: sms,
  [BATCH]: { notifications: [sms] },
  [RESCHEDULE]: { scheduled_at: hoursAhead(1) },
  [TEMPLATE]: template,
  [CHANGE_TEMPLATE]: { body: 'Merhaba' },
  [REDRIVE]: { dry_run: true },
  [PURGE]: { dry_run: true },
  [PAUSE]: { reason: 'maintenance' },
  'PATCH /api/v1/lanes/sms/simulator/pause': {},
  'PATCH /api/v1/lanes/sms/resume': {},
  [RESUME]: {},
};

/** Those that change something without one. */
const WITHOUT_BODY = [
  'PATCH /api/v1/notifications/{unknown}/cancel',
  'PATCH /api/v1/notifications/batch/{unknown}/cancel',
  'POST /api/v1/dead-letters/{unknown}/redrive',
];

const smsFaults: Fault[] = [
  ['no channel', { channel: undefined }, ['channel'], 'invalid-channel'],
  ['null for a channel', { channel: null }, ['channel'], 'invalid-channel'],
  ['an empty channel', { channel: '' }, ['channel'], 'invalid-channel'],
  ['an unknown channel', { channel: 'fax' }, ['channel'], 'invalid-channel'],
  ['a channel in capitals', { channel: 'SMS' }, ['channel'], 'invalid-channel'],
  ['a channel of Object', { channel: 'constructor' }, ['channel'], 'invalid-channel'],
  ...ofOtherTypes('channel', 'invalid-channel'),
  ['no recipient', { recipient: undefined }, ['recipient'], 'invalid-recipient'],
  ['null for a recipient', { recipient: null }, ['recipient'], 'invalid-recipient'],
  ['an empty recipient', { recipient: '' }, ['recipient'], 'invalid-recipient'],
  ...ofOtherTypes('recipient', 'invalid-recipient'),
  ['a number that is text', { recipient: 'anne' }, ['recipient'], 'invalid-recipient'],
  ['a number without +', { recipient: '15550100001' }, ['recipient'], 'invalid-recipient'],
  ['a number of one digit', { recipient: '+1' }, ['recipient'], 'invalid-recipient'],
  ['a number of 16 digits', { recipient: '+1555010000123456' }, ['recipient'], 'invalid-recipient'],
  ['a number that begins with 0', { recipient: '+0555010012' }, ['recipient'], 'invalid-recipient'],
  ['a number in Arabic digits', { recipient: '+١٥٥٥٠١٠٠' }, ['recipient'], 'invalid-recipient'],
  ['a number in full width', { recipient: '＋15550100' }, ['recipient'], 'invalid-recipient'],
  ['a number with spaces', { recipient: '+1 555 0100' }, ['recipient'], 'invalid-recipient'],
  ['a line feed after a number', { recipient: '+15550100\n' }, ['recipient'], 'invalid-recipient'],
  ['a number turned around', { recipient: `${BIDI}+15550100` }, ['recipient'], 'invalid-recipient'],
  ['NUL after a number', { recipient: '+15550100\0' }, ['recipient'], 'invalid-recipient'],
  ['half an emoji after a number', { recipient: `+15550100${LONE}` }, ['recipient'], 'invalid-recipient'],
  ['no content', { content: undefined }, ['content'], 'invalid-content'],
  ['null for a content', { content: null }, ['content'], 'invalid-content'],
  ['an empty content', { content: '' }, ['content'], 'invalid-content'],
  ['a content of white space', { content: ' \n\t\u3000\uFEFF' }, ['content'], 'invalid-content'],
  ...ofOtherTypes('content', 'invalid-content'),
  ['161 letters', { content: 'x'.repeat(161) }, ['content'], 'invalid-content'],
  ['161 emoji', { content: '🎉'.repeat(161) }, ['content'], 'invalid-content'],
  ['a NUL', { content: 'a\0b' }, ['content'], 'invalid-content'],
  ['half an emoji', { content: `a${LONE}` }, ['content'], 'invalid-content'],
  ['the other half', { content: 'a\udc00b' }, ['content'], 'invalid-content'],
  ['a subject for a text message', { subject: 'Merhaba' }, ['subject'], 'invalid-content'],
  ['HTML for a text message', { html: '<p>Merhaba</p>' }, ['html'], 'invalid-content'],
  ['an unknown priority', { priority: 'urgent' }, ['priority']],
  ['an empty priority', { priority: '' }, ['priority']],
  ...ofOtherTypes('priority'),
  ['an unknown mode', { delivery_mode: 'exactly_once' }, ['delivery_mode']],
  ...ofOtherTypes('delivery_mode'),
  ['no attempts', { max_attempts: 0 }, ['max_attempts']],
  ['less than none', { max_attempts: -1 }, ['max_attempts']],
  ['eleven attempts', { max_attempts: 11 }, ['max_attempts']],
  ['half an attempt', { max_attempts: 2.5 }, ['max_attempts']],
  ['attempts as text', { max_attempts: '3' }, ['max_attempts']],
  ['attempts without end', { max_attempts: Number.MAX_SAFE_INTEGER }, ['max_attempts']],
  ['attempts that are true', { max_attempts: true }, ['max_attempts']],
  ['metadata that is a list', { metadata: [] }, ['metadata']],
  ['metadata that is text', { metadata: '{}' }, ['metadata']],
  ['metadata that is a number', { metadata: 1 }, ['metadata']],
  ['metadata over 8 KiB', { metadata: { not: 'ğ'.repeat(4_096) } }, ['metadata']],
  ['a NUL in metadata', { metadata: { a: ['b\0'] } }, ['metadata']],
  ['a NUL in a key of metadata', { metadata: { 'a\0': 1 } }, ['metadata']],
  ['half an emoji in metadata', { metadata: { a: LONE } }, ['metadata']],
  ['half an emoji in a key of metadata', { metadata: { [LONE]: 1 } }, ['metadata']],
  ['a time that is a word', { scheduled_at: 'tomorrow' }, ['scheduled_at']],
  ['an empty time', { scheduled_at: '' }, ['scheduled_at']],
  ['a time that is a day', { scheduled_at: '2030-01-31' }, ['scheduled_at']],
  ['the 30th of February', { scheduled_at: '2030-02-30T09:00:00Z' }, ['scheduled_at']],
  ['the 29th in a common year', { scheduled_at: '2030-02-29T09:00:00Z' }, ['scheduled_at']],
  ['the 25th hour', { scheduled_at: '2030-01-31T25:00:00Z' }, ['scheduled_at']],
  ['a year of five digits', { scheduled_at: '12030-01-31T09:00:00Z' }, ['scheduled_at']],
  ['seconds for milliseconds', { scheduled_at: 1_900_000_000 }, ['scheduled_at']],
  ['a time that is a list', { scheduled_at: [hoursAhead(1)] }, ['scheduled_at']],
  ['a time that is true', { scheduled_at: true }, ['scheduled_at']],
  ['a time far ahead', { scheduled_at: '2999-01-31T09:00:00Z' }, ['scheduled_at']],
  ['a time without a zone', { expires_at: '2030-01-31T09:00:00' }, ['expires_at']],
  ['an end in the past', { expires_at: '2020-01-01T00:00:00Z' }, ['expires_at']],
  ['an end after the year 9999', { expires_at: '9999-12-31T23:59:59-12:00' }, ['expires_at']],
  ['an end before the beginning', { scheduled_at: hoursAhead(2), expires_at: hoursAhead(1) }, ['expires_at']],
  ['a template that is no id', { template_id: 'welcome' }, ['template_id']],
  ['a template that is empty', { template_id: '' }, ['template_id']],
  ['a template that is a number', { template_id: 1 }, ['template_id']],
  ['a template in braces', { template_id: `{${UNKNOWN_ID}}` }, ['template_id']],
  ['variables that are a list', { template_variables: [] }, ['template_variables']],
  ['variables that are text', { template_variables: 'Name' }, ['template_variables']],
  ['a NUL in a variable', { template_variables: { Name: 'a\0' } }, ['template_variables']],
  ['a field that does not exist', { contnet: 'x' }, ['contnet']],
  ['a field of the answer', { id: UNKNOWN_ID, status: 'delivered' }, ['id', 'status']],
  ['a field in capitals', { Content: 'x' }, ['Content']],
  ['a field without a name', { '': 1 }, ['']],
  ['a field named constructor', { constructor: { prototype: { a: 1 } } }, ['constructor']],
  ['a field named toString', { toString: 1 }, ['toString']],
  ['a field named NUL', { '\0': 1 }, ['\0']],
  [
    'several faults at once, each of them told',
    {
      recipient: 'x',
      content: '',
      priority: 1,
      max_attempts: 99,
      metadata: 1,
      expires_at: 'x',
      colour: 'red',
    },
    ['colour', 'recipient', 'content', 'priority', 'max_attempts', 'metadata', 'expires_at'],
  ],
];

const emailFaults: Fault[] = [
  ...words('@ ada ada@ @example.com ada@example ada@@example.com .ada@example.com ada@[127.0.0.1]').map(
    (recipient): Fault => [`the mailbox ${recipient}`, { recipient }, ['recipient'], 'invalid-recipient'],
  ),
  ['two mailboxes', { recipient: 'a@example.com,b@example.com' }, ['recipient'], 'invalid-recipient'],
  ['a name beside a mailbox', { recipient: 'A <a@example.com>' }, ['recipient'], 'invalid-recipient'],
  [
    'a mailbox with a header in it',
    { recipient: 'a@example.com\r\nBcc: b@example.com' },
    ['recipient'],
    'invalid-recipient',
  ],
  ['a mailbox turned around', { recipient: `a${BIDI}@example.com` }, ['recipient'], 'invalid-recipient'],
  ['a mailbox with NUL', { recipient: 'a\0@example.com' }, ['recipient'], 'invalid-recipient'],
  ['half an emoji in a mailbox', { recipient: `a${LONE}@example.com` }, ['recipient'], 'invalid-recipient'],
  ['a mailbox of 255 bytes', { recipient: `a@${'b.'.repeat(125)}com` }, ['recipient'], 'invalid-recipient'],
  ['a megabyte of mailbox', { recipient: `${'a.'.repeat(400_000)}@b.c` }, ['recipient'], 'invalid-recipient'],
  ['10 001 letters of mail', { content: 'ş'.repeat(10_001) }, ['content'], 'invalid-content'],
  ['a blank subject', { subject: ' ' }, ['subject'], 'invalid-content'],
  ['a subject of two lines', { subject: 'a\r\nBcc: b@example.com' }, ['subject'], 'invalid-content'],
  ['a subject of 999 letters', { subject: 'x'.repeat(999) }, ['subject'], 'invalid-content'],
  ['a subject that is a number', { subject: 1 }, ['subject'], 'invalid-content'],
  ['blank HTML', { html: '\n' }, ['html'], 'invalid-content'],
  ['100 001 letters of HTML', { html: 'x'.repeat(100_001) }, ['html'], 'invalid-content'],
  ['HTML that is a list', { html: ['<p>'] }, ['html'], 'invalid-content'],
];

const pushFaults: Fault[] = [
  ['a token of 4097', { recipient: 'x'.repeat(4_097) }, ['recipient'], 'invalid-recipient'],
  ['a token with a space', { recipient: 'a b' }, ['recipient'], 'invalid-recipient'],
  ['a token beyond ASCII', { recipient: 'tökén' }, ['recipient'], 'invalid-recipient'],
  ['a token turned around', { recipient: `${BIDI}token` }, ['recipient'], 'invalid-recipient'],
  ['501 characters of push', { content: '字'.repeat(501) }, ['content'], 'invalid-content'],
];

const batchFaults: Fault[] = [
  ['no members', { notifications: [] }, ['notifications']],
  ['no list of members', { notifications: undefined }, ['notifications']],
  ['null for members', { notifications: null }, ['notifications']],
  ['members that are one', { notifications: sms }, ['notifications']],
  ['members that are text', { notifications: 'sms' }, ['notifications']],
  ['1001 members', { notifications: Array.from({ length: 1_001 }, () => sms) }, ['notifications']],
  ['metadata that is a list', { metadata: [] }, ['metadata']],
  ['metadata over 8 KiB', { metadata: { not: 'x'.repeat(8_192) } }, ['metadata']],
  ['a field that does not exist', { priority: 'high' }, ['priority']],
  [
    'a member that is none',
    { notifications: [sms, null, [], 7] },
    [1, 2, 3].map((i) => `notifications[${i}]`),
  ],
  [
    'every fault of every member, by its index',
    {
      notifications: [sms, { ...sms, content: '', colour: 'red' }, { ...email, recipient: 'x' }],
      metadata: 1,
    },
    ['metadata', 'notifications[1].content', 'notifications[1].colour', 'notifications[2].recipient'],
  ],
  [
    'the last of a thousand',
    { notifications: [...Array.from({ length: 999 }, () => sms), { ...sms, channel: 'fax' }] },
    ['notifications[999].channel'],
    'invalid-channel',
  ],
];

const scheduleFaults: Fault[] = [
  ['no time', { scheduled_at: undefined }, ['scheduled_at']],
  ['null for a time', { scheduled_at: null }, ['scheduled_at']],
  ['a time that is a word', { scheduled_at: 'soon' }, ['scheduled_at']],
  ['a time that is an object', { scheduled_at: {} }, ['scheduled_at']],
  ['a time far ahead', { scheduled_at: '2999-01-31T09:00:00Z' }, ['scheduled_at']],
  ['another field', { content: 'x' }, ['content']],
];

const templateFaults: Fault[] = [
  ['no name', { name: undefined }, ['name']],
  ['null for a name', { name: null }, ['name']],
  ['an empty name', { name: '' }, ['name']],
  ['a blank name', { name: ' \u3000' }, ['name']],
  ['a name of 256', { name: 'x'.repeat(256) }, ['name']],
  ['a name of two lines', { name: 'a\nb' }, ['name']],
  ['a name with NUL', { name: 'a\0' }, ['name']],
  ['a name with half an emoji', { name: LONE }, ['name']],
  ...ofOtherTypes('name'),
  ['no channel', { channel: undefined }, ['channel'], 'invalid-channel'],
  ['an unknown channel', { channel: 'fax' }, ['channel'], 'invalid-channel'],
  ['no body', { body: undefined }, ['body'], 'invalid-template'],
  ['null for a body', { body: null }, ['body'], 'invalid-template'],
  ['a body that is a number', { body: 1 }, ['body'], 'invalid-template'],
  ['a blank body', { body: '\t' }, ['body'], 'invalid-template'],
  ['a body of 100 001', { body: 'x'.repeat(100_001) }, ['body'], 'invalid-template'],
  ['a body with NUL', { body: 'a\0' }, ['body'], 'invalid-template'],
  ['a body with half an emoji', { body: LONE }, ['body'], 'invalid-template'],
  ['a placeholder without an end', { body: '{{.Name' }, ['body'], 'invalid-template'],
  ['a placeholder without a dot', { body: '{{Name}}' }, ['body'], 'invalid-template'],
  ['a path in a placeholder', { body: '{{.constructor.name}}' }, ['body'], 'invalid-template'],
  ['code in a placeholder', { body: '{{ printf "%s" .Name }}' }, ['body'], 'invalid-template'],
  ['a subject of two lines', { subject: 'a\r\nb' }, ['subject'], 'invalid-template'],
  ['a subject of 2001', { subject: 'x'.repeat(2_001) }, ['subject'], 'invalid-template'],
  ['a wrong placeholder in HTML', { html: '<p>{{if}}</p>' }, ['html'], 'invalid-template'],
  ['variables that are text', { variables: 'Name' }, ['variables']],
  ['a variable that is a number', { variables: [1] }, ['variables']],
  ['a variable with a dash', { variables: ['first-name'] }, ['variables']],
  ['1001 variables', { variables: Array.from({ length: 1_001 }, (_, i) => `v${i}`) }, ['variables']],
  ['a field that does not exist', { text: 'x' }, ['text']],
  [
    'several faults at once',
    { name: '', body: '{{', html: '{{', colour: 1 },
    ['name', 'body', 'html', 'colour'],
  ],
];

const templateChangeFaults: Fault[] = [
  ['no body', { body: undefined }, ['body'], 'invalid-template'],
  ['another channel', { channel: 'sms' }, ['channel'], 'invalid-channel'],
  ['a blank name', { name: ' ' }, ['name']],
  ['a wrong placeholder', { body: '{{}}' }, ['body'], 'invalid-template'],
  ['a version', { version: 7 }, ['version']],
];

/** Of a redrive and of a purge alike. */
const letterFaults: Fault[] = [
  ['an unknown channel', { channel: 'fax' }, ['channel'], 'invalid-channel'],
  ['an unknown reason', { reason: 'because' }, ['reason']],
  ['a reason that is a list', { reason: ['rejected'] }, ['reason']],
  ['a time that is a word', { after: 'yesterday' }, ['after']],
  ['a time that is a number', { before: 1_900_000_000_000 }, ['before']],
  ['no time between', { after: '2030-01-01T00:00:00Z', before: '2030-01-01T00:00:00Z' }, ['before']],
  ['a word for dry_run', { dry_run: 'yes' }, ['dry_run']],
  ['a number for dry_run', { dry_run: 0 }, ['dry_run']],
  ['a field that does not exist', { dryrun: true }, ['dryrun']],
];

const redriveFaults: Fault[] = [
  ...letterFaults,
  ['a rate of 0', { rate: 0 }, ['rate']],
  ['a rate of 10 001', { rate: 10_001 }, ['rate']],
  ['half a letter a second', { rate: 0.5 }, ['rate']],
  ['a rate that is text', { rate: '100' }, ['rate']],
  ['the state of a purge', { state: 'open' }, ['state']],
];

const purgeFaults: Fault[] = [
  ...letterFaults,
  ['an unknown state', { state: 'closed' }, ['state']],
  ['the rate of a redrive', { rate: 1 }, ['rate']],
];

const pauseFaults: Fault[] = [
  ['an empty reason', { reason: '' }, ['reason']],
  ['a blank reason', { reason: ' ' }, ['reason']],
  ['a reason of 201', { reason: 'x'.repeat(201) }, ['reason']],
  ['a reason of two lines', { reason: 'a\nb' }, ['reason']],
  ['a reason with NUL', { reason: 'a\0' }, ['reason']],
  ['a reason with half an emoji', { reason: LONE }, ['reason']],
  ['a reason that is a number', { reason: 1 }, ['reason']],
  ['a field that does not exist', { until: hoursAhead(1) }, ['until']],
];

/** A query, and what is wrong with it. */
const queries: Record<string, [query: string, fields: string[], type?: string][]> = {
  'GET /api/v1/notifications': [
    ['status=lost', ['status']],
    ['status=', ['status']],
    ['status=failed&status=queued', ['status']],
    ['status=toString', ['status']],
    ['channel=fax', ['channel'], 'invalid-channel'],
    ['channel=SMS', ['channel'], 'invalid-channel'],
    ['priority=urgent', ['priority']],
    ['batch_id=1', ['batch_id']],
    [`batch_id=${UNKNOWN_ID}&batch_id=${UNKNOWN_ID}`, ['batch_id']],
    [`template_id=${UNKNOWN_ID}%00`, ['template_id']],
    ['correlation_id=', ['correlation_id']],
    ['correlation_id=a%00b', ['correlation_id']],
    [`correlation_id=${'x'.repeat(256)}`, ['correlation_id']],
    ['created_after=yesterday', ['created_after']],
    ['created_after=2030-02-30T00:00:00Z', ['created_after']],
    ['created_before=1900000000000', ['created_before']],
    ['created_after=2030-01-02T00:00:00Z&created_before=2030-01-01T00:00:00Z', ['created_before']],
    ['limit=0', ['limit']],
    ['limit=201', ['limit']],
    ['limit=-1', ['limit']],
    ['limit=1.5', ['limit']],
    ['limit=1e2', ['limit']],
    ['limit=', ['limit']],
    ['limit=ten', ['limit']],
    ['limit=%D9%A1', ['limit']],
    ['limit=99999999999999999999', ['limit']],
    ['limit=1&limit=2', ['limit']],
    ['cursor=', ['cursor']],
    ['sort=asc', ['sort']],
    ['__proto__=1', ['__proto__']],
    ['constructor=1', ['constructor']],
    ['status[]=failed', ['status[]']],
    ['status=lost&limit=0&batch_id=x&sort=asc', ['status', 'limit', 'batch_id', 'sort']],
  ],
  'GET /api/v1/templates': [
    ['channel=fax', ['channel'], 'invalid-channel'],
    ['limit=0', ['limit']],
    ['limit=201', ['limit']],
    ['cursor=next', ['cursor']],
    ['cursor=', ['cursor']],
    ['name=welcome', ['name']],
    ['__proto__=1', ['__proto__']],
  ],
  'GET /api/v1/dead-letters': [
    ['channel=fax', ['channel'], 'invalid-channel'],
    ['reason=because', ['reason']],
    ['state=closed', ['state']],
    ['after=yesterday', ['after']],
    ['after=2030-01-02T00:00:00Z&before=2030-01-01T00:00:00Z', ['before']],
    ['limit=0', ['limit']],
    ['cursor=next', ['cursor']],
    [`cursor=${Buffer.from(`9999999999999999:${UNKNOWN_ID}`).toString('base64url')}`, ['cursor']],
    ['dry_run=true', ['dry_run']],
  ],
  'GET /api/v1/lanes': [
    ['channel=fax', ['channel'], 'invalid-channel'],
    ['provider=simulator', ['provider']],
  ],
};

const oddities: BadInput[] = [
  bad(CREATE, 'a field named __proto__', like(sms, '"__proto__":{"a":1}'), ['__proto__']),
  bad(CREATE, 'an end without end', like(sms, '"expires_at":1e400'), ['expires_at']),
  bad(CREATE, 'attempts beyond all numbers', like(sms, '"max_attempts":1e400'), ['max_attempts']),
  bad(CREATE, 'metadata beyond all numbers', like(sms, '"metadata":{"a":-1e400}'), ['metadata']),
  bad(CREATE, '10 000 levels of metadata', like(sms, `"metadata":{"a":${DEEP}}`), ['metadata']),
  bad(CREATE, '10 000 levels of content', like(sms, `"content":${DEEP}`), ['content'], 'invalid-content'),
  bad(CREATE, '10 000 levels of an unknown field', like(sms, `"deep":${DEEP}`), ['deep']),
  bad(CREATE, '10 000 levels and nothing else', DEEP, ['']),
  bad(BATCH, '10 000 levels of members', `{"notifications":${DEEP}}`, ['notifications[0]']),
  bad(TEMPLATE, '10 000 levels of variables', like(template, `"variables":${DEEP}`), ['variables']),
  // Of two that have a name the last one counts, as it does with most parsers.
  bad(CREATE, 'a key twice, the second one wrong', like(sms, '"priority":"high","priority":7'), ['priority']),
  {
    ...bad(CREATE, '10 000 levels under a key', DEEP, ['']),
    headers: { ...JSON_TYPE, 'idempotency-key': 'deep' },
  },
  {
    ...bad(CREATE, 'an unknown template', { ...sms, template_id: UNKNOWN_ID }),
    status: 422,
    type: 'unknown-template',
  },
  {
    ...bad(BATCH, 'an unknown template of a member', {
      notifications: [sms, { ...sms, template_id: UNKNOWN_ID }],
    }),
    status: 422,
    type: 'unknown-template',
    fields: ['notifications[1].template_id'],
  },
  {
    ...bad(CREATE, 'a template of another channel', { ...sms, template_id: '{template}' }),
    status: 422,
    type: 'unknown-template',
  },
  ...[{}, { Name: null }, { Name: { a: 1 } }, { Name: ['x'] }, { name: 'Ada' }].map((template_variables) => ({
    ...bad(CREATE, `a value that is missing from ${JSON.stringify(template_variables)}`, {
      ...email,
      template_id: '{template}',
      template_variables,
    }),
    status: 422,
    type: 'template-render-failed',
    fields: ['template_variables.Name'],
  })),
  {
    ...bad(TEMPLATE, 'a name that is taken', { ...template, name: 'taken' }),
    status: 409,
    type: 'template-name-taken',
  },
  query('GET /api/v1/notifications', 'cursor=next', 'invalid-cursor'),
  query('GET /api/v1/notifications', `cursor=${'A'.repeat(55)}`, 'invalid-cursor'),
];

/** What no operation takes for a body. */
const noBodies: [what: string, body: string | Buffer, type: string, fields?: string[]][] = [
  ['nothing', '', 'invalid-request', ['']],
  ['JSON that breaks off', '{"channel":"sms",', 'malformed-body'],
  ['JSON with something after it', '{} x', 'malformed-body'],
  ['JSON with a comment', '{/* no */}', 'malformed-body'],
  ['single quotes', "{'channel':'sms'}", 'malformed-body'],
  ['NaN', '{"rate":NaN}', 'malformed-body'],
  ['a line feed in a string', '{"a":"\n"}', 'malformed-body'],
  ['a byte order mark', '\ufeff{}', 'malformed-body'],
  ['bytes that are no UTF-8', Buffer.from('{"a":"\xff"}', 'latin1'), 'malformed-body'],
  ['UTF-8 of half a pair', Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'), 'malformed-body'],
  ['UTF-16', Buffer.from('{}', 'utf16le'), 'malformed-body'],
  ['null', 'null', 'invalid-request', ['']],
  ['a list', '[{}]', 'invalid-request', ['']],
  ['a string', '"sms"', 'invalid-request', ['']],
  ['a number', '1e400', 'invalid-request', ['']],
  ['true', 'true', 'invalid-request', ['']],
];

/** Bodies may be left out where they say nothing that is needed. */
const OPTIONAL_BODY = /\/lanes\//;
const SAYS_NOTHING = new Set(['nothing', 'null']);

function bodiesOf(line: string, good: object): BadInput[] {
  const isOptional = OPTIONAL_BODY.test(line);
  const unfit = noBodies.filter(([what]) => !isOptional || !SAYS_NOTHING.has(what));
  return [
    ...unfit.map(([what, body, type, fields]) => ({ ...bad(line, what, body, fields, type) })),
    ...[
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'multipart/form-data',
      'json',
    ].map((mediaType) => typed(line, good, mediaType)),
    {
      ...bad(line, '32 MiB in 32 KiB of gzip', BOMB),
      headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
      status: 415,
      type: 'unsupported-media-type',
    },
    {
      ...bad(line, 'too large a body', Buffer.alloc((line === BATCH ? 16 : 1) * 1_048_576 + 1, ' ')),
      status: 413,
      type: 'payload-too-large',
    },
    bad(line, 'a field named __proto__', like(good, '"__proto__":{}'), ['__proto__']),
    bad(line, 'a field named constructor', like(good, '"constructor":{}'), ['constructor']),
  ];
}

function typed(line: string, good: object, mediaType: string): BadInput {
  return {
    ...bad(line, `the media type ${mediaType}`, JSON.stringify(good)),
    headers: { 'content-type': mediaType },
    status: 415,
    type: 'unsupported-media-type',
  };
}

const badKeys: [what: string, key: string][] = [
  ['an empty key', ''],
  ['a key of 256', 'x'.repeat(256)],
  ['a key beyond ASCII', 'ş'],
  ['a key with a tab', 'a\tb'],
];

function keysOf(line: string, good?: object): BadInput[] {
  return badKeys.map(([what, key]) => ({
    ...bad(line, what, good, ['Idempotency-Key']),
    headers: { ...(good !== undefined && JSON_TYPE), 'idempotency-key': key },
  }));
}

/** What is refused keeps no key: with the right body it may come again. */
function refusedUnderKey(): BadInput[] {
  const unfit: [line: string, body: object, field: string][] = [
    [CREATE, { ...sms, content: '' }, 'content'],
    [BATCH, { notifications: [] }, 'notifications'],
    [RESCHEDULE, { scheduled_at: 'soon' }, 'scheduled_at'],
    [TEMPLATE, { ...template, name: '' }, 'name'],
    [CHANGE_TEMPLATE, { body: '{{' }, 'body'],
    [REDRIVE, { rate: 0 }, 'rate'],
    [PURGE, { state: 'closed' }, 'state'],
    [PAUSE, { reason: '' }, 'reason'],
    [RESUME, { reason: 'x' }, 'reason'],
  ];
  const type = (line: string): string =>
    ({ [CREATE]: 'invalid-content', [CHANGE_TEMPLATE]: 'invalid-template' })[line] ?? 'invalid-request';
  const headers = { 'idempotency-key': 'refused' };
  return [
    ...unfit.map(([line, body, field]) => ({
      ...bad(line, `a wrong ${field} under a key`, body, [field], type(line)),
      headers: { ...JSON_TYPE, ...headers },
    })),
    ...WITHOUT_BODY.map((line) => ({ ...nothingAt(line), headers })),
  ];
}

/** Paths that are not there, ids of nothing, and what is no id. */
const nowhere: string[] = [
  'GET /',
  'GET /api',
  'GET /api/v1',
  'GET /api/v2/notifications',
  'GET /api/v1/notification',
  'GET /api/v1/notifications/',
  'POST //api/v1/notifications',
  'GET /api/v1/notifications/../../../etc/passwd',
  'GET /api/v1/notifications/%zz',
  'GET /api/v1/notifications/%00',
  'GET /api/v1/notifications/%ff',
  'GET /api/v1/notifications/%F0%9F%8E%89',
  'GET /api/v1/notifications/1',
  "GET /api/v1/notifications/1'%20OR%20'1'='1",
  `GET /api/v1/notifications/${UNKNOWN_ID}'--`,
  `GET /api/v1/notifications/${'0'.repeat(2_000)}`,
  'GET /api/v1/notifications/__proto__',
  'GET /api/v1/notifications/{unknown}',
  'GET /api/v1/notifications/{unknown}/trace',
  'GET /api/v1/notifications/x/trace',
  'PATCH /api/v1/notifications/{unknown}/cancel',
  'PATCH /api/v1/notifications/x/cancel',
  'GET /api/v1/notifications/batch/{unknown}',
  'GET /api/v1/notifications/batch/%00',
  'PATCH /api/v1/notifications/batch/{unknown}/cancel',
  'PATCH /api/v1/notifications/batch/constructor/cancel',
  'GET /api/v1/templates/{unknown}',
  'GET /api/v1/templates/x',
  'DELETE /api/v1/templates/{unknown}',
  'DELETE /api/v1/templates/%00',
  'GET /api/v1/dead-letters/{unknown}',
  'GET /api/v1/dead-letters/x',
  'DELETE /api/v1/dead-letters/{unknown}',
  'DELETE /api/v1/dead-letters/x',
  'POST /api/v1/dead-letters/{unknown}/redrive',
  'POST /api/v1/dead-letters/x/redrive',
  'PATCH /api/v1/lanes/sms/pause',
  'PATCH /api/v1/lanes/fax/pause',
  'PATCH /api/v1/lanes/__proto__/pause',
  'PATCH /api/v1/lanes/sms/nobody/pause',
  'PATCH /api/v1/lanes/sms/%00/pause',
  'PATCH /api/v1/lanes/sms/nobody/resume',
  'GET /healthz',
  'GET /openapi.json',
];

export const badInputs: BadInput[] = [
  ...faulty(CREATE, sms, smsFaults),
  ...faulty(CREATE, email, emailFaults),
  ...faulty(CREATE, push, pushFaults),
  ...faulty(BATCH, { notifications: [sms] }, batchFaults),
  ...faulty(RESCHEDULE, { scheduled_at: hoursAhead(1) }, scheduleFaults),
  ...faulty(TEMPLATE, template, templateFaults),
  ...faulty(CHANGE_TEMPLATE, { body: 'Merhaba' }, templateChangeFaults),
  ...faulty(REDRIVE, {}, redriveFaults),
  ...faulty(PURGE, {}, purgeFaults),
  ...faulty(PAUSE, {}, pauseFaults),
  ...faulty(RESUME, {}, [['a reason', { reason: 'x' }, ['reason']]]),
  ...oddities,
  ...Object.entries(queries).flatMap(([line, asked]) =>
    asked.map(([text, fields, type]) => ({ ...query(line, text, type), fields })),
  ),
  ...Object.entries(WITH_BODY).flatMap(([line, good]) => [...bodiesOf(line, good), ...keysOf(line, good)]),
  ...[...WITHOUT_BODY, 'POST /api/v1/ws/tickets'].flatMap((line) => keysOf(line)),
  ...refusedUnderKey(),
  ...nowhere.map(nothingAt),
];

function nothingAt(line: string): BadInput {
  return { what: 'nothing is there', line, status: 404, type: 'not-found' };
}

function faulty(line: string, good: object, faults: Fault[]): BadInput[] {
  return faults.map(([what, change, fields, type]) => bad(line, what, { ...good, ...change }, fields, type));
}

function bad(
  line: string,
  what: string,
  body: unknown,
  fields?: string[],
  type = 'invalid-request',
): BadInput {
  const headers = body === undefined ? {} : JSON_TYPE;
  return { what, line, headers, body, status: 400, type, ...(fields !== undefined && { fields }) };
}

function query(line: string, text: string, type = 'invalid-request'): BadInput {
  return { what: 'the query', line: `${line}?${text}`, status: 400, type };
}

/** A body as text, with members that no object of JavaScript can have. */
function like(body: object, members: string): string {
  return JSON.stringify(body).replace(
    /\}$/,
    (end) => (JSON.stringify(body) === '{}' ? members : `,${members}`) + end,
  );
}

function ofOtherTypes(field: string, type = 'invalid-request'): Fault[] {
  return Object.entries(VALUES_OF_OTHER_TYPES).map(([name, value]) => [
    `${name} for ${field}`,
    { [field]: value },
    [field],
    type,
  ]);
}

function words(text: string): string[] {
  return text.split(' ');
}

function hoursAhead(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}

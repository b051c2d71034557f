import type { Problem } from '@fanfare/contracts';
import { expect } from 'chai';
import { type Answer, curl, type CurlRequest, requireCurl } from './curl.ts';
import { recipientFor } from './recipients.ts';
import { useSystem } from './system.ts';

const ONE = '/api/v1/notifications';
const BATCH = '/api/v1/notifications/batch';
const UNKNOWN_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

const sms = { channel: 'sms', recipient: recipientFor('sms', 80), content: 'Merhaba' };
const email = { channel: 'email', recipient: recipientFor('email', 80), content: 'Merhaba' };
const push = { channel: 'push', recipient: recipientFor('push', 80), content: 'Merhaba' };

type Refused = { what: string; status: number; type: string; fields?: string[] } & CurlRequest & {
    path?: string;
  };

/** A body that is wrong in one field. */
function wrong(what: string, body: unknown, fields: string[], type = 'invalid-request'): Refused {
  return { what, body, status: 400, type, fields };
}
function malformed(what: string, body: string | Buffer): Refused {
  return { what, body, status: 400, type: 'malformed-body' };
}

const refused: Refused[] = [
  malformed('JSON that breaks off', '{"channel":"sms",'),
  malformed('JSON with something after it', `${JSON.stringify(sms)} x`),
  malformed('JSON with comments and single quotes', "{'channel': 'sms'} // neither is JSON"),
  malformed('an empty body', ''),
  malformed('text that is not UTF-8', Buffer.from(JSON.stringify({ ...sms, content: 'Ğ' }), 'latin1')),
  wrong('a list', [sms], ['']),
  wrong('null', null, ['']),
  wrong('a string', '"sms"', ['']),
  wrong('no channel', { ...sms, channel: undefined }, ['channel'], 'invalid-channel'),
  wrong('an unknown channel', { ...sms, channel: 'fax' }, ['channel'], 'invalid-channel'),
  wrong('a channel in capitals', { ...sms, channel: 'SMS' }, ['channel'], 'invalid-channel'),
  wrong('no recipient', { ...sms, recipient: undefined }, ['recipient'], 'invalid-recipient'),
  wrong('a number that is text', { ...sms, recipient: 'anne' }, ['recipient'], 'invalid-recipient'),
  wrong('a number without +', { ...sms, recipient: '15550100001' }, ['recipient'], 'invalid-recipient'),
  wrong(
    'a number of 16 digits',
    { ...sms, recipient: '+1555010000123456' },
    ['recipient'],
    'invalid-recipient',
  ),
  wrong('a number in Arabic digits', { ...sms, recipient: '+١٥٥٥٠١٠٠' }, ['recipient'], 'invalid-recipient'),
  wrong('a mailbox without a host', { ...email, recipient: 'a@' }, ['recipient'], 'invalid-recipient'),
  wrong(
    'two mailboxes',
    { ...email, recipient: 'a@example.com,b@example.com' },
    ['recipient'],
    'invalid-recipient',
  ),
  wrong(
    'a mailbox with a header in it',
    { ...email, recipient: 'a@example.com\r\nBcc: b@example.com' },
    ['recipient'],
    'invalid-recipient',
  ),
  wrong('a token of 4097', { ...push, recipient: 'x'.repeat(4_097) }, ['recipient'], 'invalid-recipient'),
  wrong('no content', { ...sms, content: undefined }, ['content'], 'invalid-content'),
  wrong('a content of white space', { ...sms, content: ' \n\t\u3000\uFEFF' }, ['content'], 'invalid-content'),
  wrong('161 emoji', { ...sms, content: '🎉'.repeat(161) }, ['content'], 'invalid-content'),
  wrong(
    '10 001 characters of mail',
    { ...email, content: 'ş'.repeat(10_001) },
    ['content'],
    'invalid-content',
  ),
  wrong('501 characters of push', { ...push, content: '字'.repeat(501) }, ['content'], 'invalid-content'),
  wrong('a NUL', { ...sms, content: 'a\0b' }, ['content'], 'invalid-content'),
  wrong('half an emoji', { ...sms, content: 'a\ud83d' }, ['content'], 'invalid-content'),
  wrong('a content that is a number', { ...sms, content: 42 }, ['content'], 'invalid-content'),
  wrong('an unknown priority', { ...sms, priority: 'urgent' }, ['priority']),
  wrong('a field that does not exist', { ...sms, contnet: 'x' }, ['contnet']),
  wrong('a field named __proto__', JSON.stringify(sms).replace('{', '{"__proto__":{"a":1},'), ['__proto__']),
  wrong('metadata that is a list', { ...sms, metadata: [] }, ['metadata']),
  wrong('metadata over 8 KiB', { ...sms, metadata: { not: 'ğ'.repeat(4_096) } }, ['metadata']),
  wrong('a NUL in a key of metadata', { ...sms, metadata: { 'a\0': 1 } }, ['metadata']),
  wrong('a time that is a word', { ...sms, scheduled_at: 'tomorrow' }, ['scheduled_at']),
  wrong('the 30th of February', { ...sms, scheduled_at: '2030-02-30T09:00:00Z' }, ['scheduled_at']),
  wrong('a time without a zone', { ...sms, expires_at: '2030-01-31T09:00:00' }, ['expires_at']),
  wrong('a time far ahead', { ...sms, scheduled_at: '2999-01-31T09:00:00Z' }, ['scheduled_at']),
  wrong('an end in the past', { ...sms, expires_at: '2020-01-01T00:00:00Z' }, ['expires_at']),
  wrong('an end before the beginning', { ...sms, scheduled_at: hoursAhead(2), expires_at: hoursAhead(1) }, [
    'expires_at',
  ]),
  wrong('no attempts', { ...sms, max_attempts: 0 }, ['max_attempts']),
  wrong('eleven attempts', { ...sms, max_attempts: 11 }, ['max_attempts']),
  wrong('half an attempt', { ...sms, max_attempts: 2.5 }, ['max_attempts']),
  wrong('attempts as text', { ...sms, max_attempts: '3' }, ['max_attempts']),
  wrong('an unknown mode', { ...sms, delivery_mode: 'exactly_once' }, ['delivery_mode']),
  wrong('a template that is no id', { ...sms, template_id: 'welcome' }, ['template_id']),
  {
    what: 'an unknown template',
    body: { ...sms, template_id: UNKNOWN_ID },
    status: 422,
    type: 'unknown-template',
  },
  wrong(
    'several faults at once, each of them told',
    { channel: 'sms', recipient: 'x', content: '', priority: 1, max_attempts: 99, colour: 'red' },
    ['colour', 'recipient', 'content', 'priority', 'max_attempts'],
  ),
  { ...wrong('no members', { notifications: [] }, ['notifications']), path: BATCH },
  { ...wrong('members that are no list', { notifications: sms }, ['notifications']), path: BATCH },
  {
    ...wrong('1001 members', { notifications: Array.from({ length: 1_001 }, () => sms) }, ['notifications']),
    path: BATCH,
  },
  {
    ...wrong('one member of three that is wrong', { notifications: [sms, { ...sms, content: '' }, 7] }, [
      'notifications[1].content',
      'notifications[2]',
    ]),
    path: BATCH,
    type: 'invalid-content',
  },
  ...['text/plain', 'application/x-www-form-urlencoded', 'application/xml', ''].map((mediaType) => ({
    what: `the media type "${mediaType}"`,
    body: JSON.stringify(sms),
    headers: { 'content-type': mediaType },
    status: 415,
    type: 'unsupported-media-type',
  })),
  {
    what: 'a body over 1 MiB',
    body: { ...sms, content: 'x'.repeat(1_048_577) },
    status: 413,
    type: 'payload-too-large',
  },
  {
    what: 'a batch over 16 MiB',
    body: { notifications: [{ ...sms, content: 'x'.repeat(16 * 1_048_576) }] },
    path: BATCH,
    status: 413,
    type: 'payload-too-large',
  },
  { what: 'an unknown path', path: '/api/v1/notification', status: 404, type: 'not-found' },
  { what: 'an unknown id', path: `${ONE}/${UNKNOWN_ID}`, status: 404, type: 'not-found' },
  { what: 'an id that is none', path: `${ONE}/%00%27--`, status: 404, type: 'not-found' },
  { what: 'the trace of an unknown id', path: `${ONE}/${UNKNOWN_ID}/trace`, status: 404, type: 'not-found' },
  { what: 'an unknown batch', path: `${BATCH}/${UNKNOWN_ID}`, status: 404, type: 'not-found' },
];

const methods = [
  { method: 'DELETE', path: ONE, allowed: 'POST' },
  { method: 'PUT', path: BATCH, allowed: 'POST' },
  { method: 'POST', path: `${ONE}/${UNKNOWN_ID}`, allowed: 'GET' },
  { method: 'POST', path: `${ONE}/${UNKNOWN_ID}/trace`, allowed: 'GET' },
];

describe('what REST refuses, by curl', function () {
  this.timeout(60_000);
  const system = useSystem();
  before(requireCurl);

  for (const { what, status, type, fields, path = ONE, ...request } of refused)
    it(`${status}: ${what}`, async () => {
      const answer = await curl(`${system().apiUrl}${path}`, request);
      expectProblem(answer, status, fields === undefined || fields.length === 1 ? type : undefined);
      const told = (answer.json as Problem).errors?.map(({ field }) => field);
      if (fields !== undefined) expect(told).to.have.members(fields);
    });

  for (const { method, path, allowed } of methods)
    it(`405: ${method} ${path}`, async () => {
      const answer = await curl(`${system().apiUrl}${path}`, { method, body: sms });
      expectProblem(answer, 405, 'method-not-allowed');
      expect(answer.headers['allow']?.split(', ')).to.include(allowed);
    });

  it('gives a correlation id of its own where the given one is none', async () => {
    for (const given of ['x'.repeat(129), 'with space', 'ş']) {
      const answer = await curl(`${system().apiUrl}${ONE}/${UNKNOWN_ID}`, {
        headers: { 'x-correlation-id': given },
      });
      expectProblem(answer, 404, 'not-found');
      expect(answer.headers['x-correlation-id']).to.match(/^[0-9a-f-]{36}$/);
    }
  });
});

/** A problem says what is wrong (RFC 9457), and which request it answers. */
function expectProblem(answer: Answer, status: number, type: string | undefined): void {
  expect(answer.status, answer.text.slice(0, 500)).to.equal(status);
  expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
  const problem = answer.json as Problem;
  expect(problem.status).to.equal(status);
  expect(problem.title).to.be.a('string');
  expect(problem.correlation_id).to.be.a('string').and.equal(answer.headers['x-correlation-id']);
  if (type !== undefined) expect(problem.type).to.equal(`/probs/${type}`);
}

function hoursAhead(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}

import { randomUUID } from 'node:crypto';
import { HEADER, journey, notificationCodec, ORIGIN } from '@fanfare/contracts';
import { notificationOf } from '@fanfare/db';
import { DEFAULT_CONTENT_LIMITS, retryHeaders } from '@fanfare/domain';
import { type ConsumedRecord, Undecodable } from '@fanfare/kafka';
import { expect } from 'chai';
import fc from 'fast-check';
import { readWork, type Work } from './read-work.ts';

const NOW = 1_780_000_000_000;
const id = '0198f7a0-0000-7000-8000-00000000000A';

function recordOf(changes: Partial<ConsumedRecord> = {}): ConsumedRecord {
  return {
    topic: 'notifications.sms.high',
    partition: 0,
    offset: 1,
    key: null,
    value: Buffer.from('{}'),
    headers: {},
    timestampMs: NOW,
    done: () => {},
    isStale: () => false,
    ...changes,
  };
}

/** Reads a record whose bytes say `value`. */
function read(value: unknown, changes: Partial<ConsumedRecord> = {}): Promise<Work> {
  const decode = () => ({ format: 'json' as const, value });
  return readWork({ decode, limits: DEFAULT_CONTENT_LIMITS, now: () => NOW }, recordOf(changes));
}

/** A codec that fails. */
function reading(error: Error) {
  return {
    decode: () => {
      throw error;
    },
    limits: DEFAULT_CONTENT_LIMITS,
    now: () => NOW,
  };
}

describe('readWork', () => {
  const minimal = { id, recipient: '+15550100', content: 'Günaydın' };

  it('takes channel and priority from the topic', async () => {
    const work = await read(minimal);
    expect(work).to.deep.include({ kind: 'foreign' });
    expect(work).to.have.nested.include({
      'accepted.draft.channel': 'sms',
      'accepted.draft.priority': 'high',
    });
    expect(work).to.have.nested.include({ 'accepted.id': id.toLowerCase() });
    // What Avro fills in when a producer says nothing.
    const filledIn = await read({ ...minimal, priority: 'normal' });
    expect(filledIn).to.have.nested.include({ 'accepted.draft.priority': 'high' });
  });

  it('reads metadata as an object and as JSON text', async () => {
    const metadata = { a: ['ş'] };
    for (const given of [metadata, JSON.stringify(metadata)])
      expect(await read({ ...minimal, metadata: given })).to.deep.nested.include({
        'accepted.draft.metadata': metadata,
      });
  });

  it('leaves it to the row what a template says', async () => {
    const { content: _, ...asked } = minimal;
    const templated = { ...asked, template_id: randomUUID(), template_variables: { Name: 'Ada' } };
    for (const value of [templated, { ...templated, content: 'is replaced' }]) {
      const work = await read(value);
      expect(work).to.nested.include({ kind: 'foreign', 'notification.content': null });
      expect(work).to.deep.nested.include({ 'accepted.draft.template_variables': { Name: 'Ada' } });
    }
  });

  it('makes the same id of the same source and key, and another of any other pair', async () => {
    const { id: _, ...anonymous } = minimal;
    const idOf = async (source: string, key: string): Promise<string> => {
      const work = await read({ ...anonymous, id: '', source, idempotency_key: key });
      expect(await read({ ...anonymous, source, idempotency_key: key })).to.deep.equal(work);
      return work.kind === 'foreign' ? work.accepted.id : '';
    };
    const made = await idOf('shop', 'order-1');
    expect(made).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await idOf('shop', 'order-1')).to.equal(made);
    expect(new Set([made, await idOf('shop', 'order-2'), await idOf('sho', 'porder-1')]).size).to.equal(3);
  });

  it('judges times by when the record was appended', async () => {
    const expires_at = new Date(NOW - 1_000).toISOString();
    expect(await read({ ...minimal, expires_at })).to.include({ reason: 'invalid' });
    expect(await read({ ...minimal, expires_at }, { timestampMs: NOW - 2_000 })).to.include({
      kind: 'foreign',
    });
  });

  const unusable: [string, unknown, string][] = [
    ['a list', [], 'not an object'],
    ['no id', { ...minimal, id: undefined }, 'id must be a UUID'],
    ['an id that is no UUID', { ...minimal, id: '7' }, 'id must be a UUID'],
    [
      'an id that is no UUID, whatever its key',
      { ...minimal, id: '7', source: 's', idempotency_key: 'k' },
      'id must be',
    ],
    ['a key of nobody', { ...minimal, id: undefined, idempotency_key: 'k' }, 'id must be a UUID'],
    ['a producer without a key', { ...minimal, id: undefined, source: 's' }, 'id must be a UUID'],
    ['another channel than the topic', { ...minimal, channel: 'push' }, 'channel must be sms'],
    ['an unknown channel', { ...minimal, channel: 'fax' }, 'channel must be one of'],
    ['an unknown priority', { ...minimal, priority: 'urgent' }, 'priority must be one of'],
    ['a template that is no id', { ...minimal, template_id: 'welcome' }, 'template_id must be a UUID'],
    ['metadata that is no JSON', { ...minimal, metadata: '{' }, 'metadata must be an object'],
    ['several faults at once', { id, recipient: 'x', content: '' }, 'recipient must'],
  ];
  for (const [what, value, message] of unusable)
    it(`says what is wrong with ${what}`, async () => {
      const work = await read(value);
      expect(work).to.include({ kind: 'unusable', reason: 'invalid' });
      expect(work).to.have.property('message').that.contains(message);
    });

  it('does not read what is too large, or older than its topic', async () => {
    expect(await read(minimal, { value: Buffer.alloc(256 * 1024 + 1) })).to.include({ reason: 'too_large' });
    const headers = { a: 'ş'.repeat(64 * 1024), b: 'x'.repeat(128 * 1024) };
    expect(await read(minimal, { headers })).to.include({ reason: 'too_large' });
    const timestampMs = NOW - journey.work.retentionMs - 1;
    expect(await read(minimal, { timestampMs })).to.include({ reason: 'too_old' });
  });

  it('passes on that bytes cannot be read, and that a registry is away', async () => {
    const undecodable = await readWork(reading(new Undecodable('truncated')), recordOf());
    expect(undecodable).to.deep.equal({ kind: 'unusable', reason: 'undecodable', message: 'truncated' });
    const away = await readWork(reading(new Error('away')), recordOf()).catch((error: unknown) => error);
    expect(away).to.be.an('error').with.property('message', 'away');
  });

  it('trusts its own records, if they have the shape', async () => {
    const headers = { [HEADER.origin]: ORIGIN };
    const work = await read(minimal);
    if (work.kind !== 'foreign') throw new Error('not foreign');
    const notification = notificationOf(work.accepted, NOW);
    expect(notificationCodec.type.isValid(notification)).to.equal(true);
    expect(await read(notification, { headers })).to.deep.equal({ kind: 'own', notification });
    expect(await read(minimal, { headers })).to.include({ reason: 'undecodable' });
    expect(await read({ ...notification, id: 'no uuid' }, { headers })).to.include({ reason: 'undecodable' });
  });

  it('sends a copy that comes after its time at once, and takes it for the same', async () => {
    const value = { ...minimal, scheduled_at: NOW + 1_000 };
    for (const [timestampMs, scheduled_at] of [
      [NOW, NOW + 1_000],
      [NOW + 2_000, null],
    ]) {
      const work = await read(value, { timestampMs: timestampMs ?? 0 });
      expect(work).to.have.nested.include({
        'accepted.draft.scheduled_at': scheduled_at,
        'accepted.asked.scheduled_at': NOW + 1_000,
      });
    }
  });

  it('reads a foreign record on its retry as it did before', async () => {
    const value = { ...minimal, expires_at: NOW + 1 };
    const first = recordOf({ headers: { [HEADER.correlationId]: 'c-1' } });
    const headers = retryHeaders(first, { cycle: 0, fence: 1, attempt: 2 }, NOW + 30_000);
    const before = await read(value, first);
    const again = await read(value, { headers, timestampMs: NOW + 30_000, offset: 2 });
    if (before.kind !== 'foreign') throw new Error('not foreign');
    expect(before.notification.correlation_id).to.equal('c-1');
    expect(again).to.deep.equal({ kind: 'own', notification: before.notification });
  });

  it('takes no correlation id from a header that is none', async () => {
    for (const given of ['', 'x'.repeat(256)])
      expect(await read(minimal, { headers: { [HEADER.correlationId]: given } })).to.have.nested.include({
        'accepted.correlation_id': null,
      });
  });

  it('never throws for any value, and never lets one through without an id', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect((await read(value)).kind).to.equal('unusable');
      }),
    ));
});

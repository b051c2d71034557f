import { DEAD_LETTER_HEADER, HEADER, ORIGIN, statusEventCodec } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  deadLetterHeaders,
  type Headers,
  isOwn,
  nextTicket,
  readAppendedAt,
  readTicket,
  retryHeaders,
  statusEvent,
  workHeaders,
} from './records.ts';
import { acceptedDelivery, type Delivery, DELIVERY_STATES, versionOf } from './states.ts';

const INTEGER_MAX = 2 ** 31 - 1;
const FOREIGN = { cycle: 0, fence: 0, attempt: 1 };
const ticket = fc.record({
  cycle: fc.nat({ max: INTEGER_MAX }),
  fence: fc.nat({ max: INTEGER_MAX }),
  attempt: fc.integer({ min: 1, max: INTEGER_MAX }),
});

function own(headers: Headers): Headers {
  return { [HEADER.origin]: ORIGIN, ...headers };
}

describe('ticket of a record', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(ticket, fc.option(fc.string()), (written, correlationId) => {
        const headers = workHeaders(written, correlationId);
        expect(readTicket(headers)).to.deep.equal(written);
        expect(isOwn(headers)).to.equal(true);
      }),
    );
  });

  it('of a foreign record counts as never claimed, whatever its headers say', () => {
    const claimed = { [HEADER.cycle]: '3', [HEADER.fence]: '7', [HEADER.attempt]: '2' };
    for (const origin of [
      {},
      { origin: '' },
      { origin: 'Fanfare' },
      { origin: 'fanfare ' },
      { Origin: ORIGIN },
    ])
      expect(readTicket({ ...claimed, ...origin })).to.deep.equal(FOREIGN);
  });

  it('never becomes what a claim stumbles over', () => {
    const hostile = [
      '',
      ' ',
      '-1',
      '1.5',
      'NaN',
      'Infinity',
      '1e309',
      '9007199254740993',
      String(INTEGER_MAX + 1),
    ];
    for (const text of [...hostile, '0x', 'null', '1;DROP TABLE deliveries', '１', '\0', '٣'])
      expect(readTicket(own({ cycle: text, fence: text, attempt: text })), text).to.deep.equal(FOREIGN);
    expect(readTicket(own({}))).to.deep.equal(FOREIGN);
    expect(readTicket(own({ attempt: '0' }))).to.deep.equal(FOREIGN);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('cycle', 'fence', 'attempt'), fc.string()), (headers) => {
        const { cycle, fence, attempt } = readTicket(own(headers));
        for (const value of [cycle, fence, attempt]) expect(value).to.satisfy(Number.isInteger);
        expect([cycle, fence]).to.satisfy((all: number[]) => all.every((n) => n >= 0 && n <= INTEGER_MAX));
        expect(attempt).to.be.within(1, INTEGER_MAX);
      }),
    );
  });

  it('for the next claim uses up an attempt exactly when the provider may have been reached', () => {
    const row = { ...DELIVERY, cycle: 1, fence: 4, attempt: 2 };
    const attempts = ['unavailable', 'unknown', 'throttled', null].map(
      (outcome) => nextTicket({ ...row, outcome }).attempt,
    );
    expect(attempts).to.deep.equal([3, 3, 2, 2]);
    expect(nextTicket(row)).to.include({ cycle: 1, fence: 4 });
    expect(nextTicket({ ...row, attempt: 0, outcome: null }).attempt).to.equal(1);
  });
});

describe('headers of a record', () => {
  it('of a retry keep what the record had, and say what the next claim needs and when', () => {
    const record = {
      topic: 'notifications.sms.high',
      headers: { ...workHeaders(FOREIGN, 'c-1', '00-ab-cd-01'), custom: 'kept', not_before: '5' },
      timestampMs: 7,
    };
    expect(retryHeaders(record, { cycle: 1, fence: 3, attempt: 2 }, 1_900_000_000_000)).to.deep.equal({
      origin: ORIGIN,
      cycle: '1',
      fence: '3',
      attempt: '2',
      'correlation-id': 'c-1',
      traceparent: '00-ab-cd-01',
      custom: 'kept',
      not_before: '1900000000000',
      return_to: 'notifications.sms.high',
    });
  });

  it('of a foreign record’s retry are our own', () => {
    const record = { topic: 't', headers: { origin: 'billing', fence: '99' }, timestampMs: 7 };
    expect(readTicket(retryHeaders(record, { cycle: 0, fence: 1, attempt: 2 }, 0))).to.deep.equal({
      cycle: 0,
      fence: 1,
      attempt: 2,
    });
  });

  it('of a foreign record’s retries tell when it was first appended', () => {
    const record = { topic: 't', headers: { appended_at: '1' }, timestampMs: 7 };
    expect(readAppendedAt(record.headers)).to.equal(null);
    const first = retryHeaders(record, FOREIGN, 0);
    const second = retryHeaders({ topic: 't', headers: first, timestampMs: 9 }, FOREIGN, 0);
    expect([readAppendedAt(first), readAppendedAt(second)]).to.deep.equal([7, 7]);
    expect(readAppendedAt(workHeaders(FOREIGN, null))).to.equal(null);
  });

  it('of a dead letter keep what the record had, and say where it came from and why', () => {
    const headers = { ...workHeaders({ cycle: 0, fence: 2, attempt: 3 }, 'c-1'), custom: 'kept' };
    const record = { topic: 'notifications.sms.low', partition: 4, offset: 17, headers };
    const why = { reason: 'rejected', message: 'no such number', channel: 'sms', cycle: 2 } as const;
    expect(deadLetterHeaders(record, why)).to.deep.equal({
      ...headers,
      cycle: '2',
      [DEAD_LETTER_HEADER.topic]: 'notifications.sms.low',
      [DEAD_LETTER_HEADER.partition]: '4',
      [DEAD_LETTER_HEADER.offset]: '17',
      [DEAD_LETTER_HEADER.message]: 'no such number',
      [DEAD_LETTER_HEADER.reason]: 'rejected',
      [DEAD_LETTER_HEADER.channel]: 'sms',
    });
    expect(deadLetterHeaders(record, { ...why, channel: null })).to.not.have.property(
      DEAD_LETTER_HEADER.channel,
    );
  });
});

const DELIVERY: Delivery = {
  ...acceptedDelivery(
    {
      id: '0192f0c0-0000-7000-8000-000000000001',
      max_attempts: 5,
      expires_at: null,
      delivery_mode: 'at_least_once',
    },
    1_900_000_000_000,
  ),
  attempt: 2,
  fence: 3,
  due_at: 1_900_000_030_000,
  started_at: 1_899_999_999_000,
  duration_ms: 12,
  provider: 'acme',
  provider_message_id: 'm-1',
  outcome: 'unavailable',
  reason: 'HTTP 503',
};

const NOTIFICATION = {
  tenant_id: 'default',
  batch_id: null,
  template_id: null,
  channel: 'sms',
  priority: 'high',
  correlation_id: 'c-1',
  source: 'billing',
};

describe('status event', () => {
  it('is the same for the same row, however often and from whatever else the caller holds', () => {
    const event = statusEvent(NOTIFICATION, DELIVERY);
    const held = { ...DELIVERY, lease_until: 5, claimed_from: 't/0/1', digest: 'x' };
    expect(statusEvent({ ...NOTIFICATION }, held)).to.deep.equal(event);
  });

  it('holds no recipient and no content', () => {
    const personal = { recipient: '+15550100123', content: 'Merhaba', metadata: '{"a":1}' };
    const event = statusEvent({ ...NOTIFICATION, ...personal }, { ...DELIVERY, ...personal });
    expect(JSON.stringify(event)).to.not.match(/15550100123|Merhaba|"a"/);
  });

  for (const state of DELIVERY_STATES)
    it(`of ${state} fits the schema, every field of it filled`, () => {
      const row = { ...DELIVERY, state };
      const event = statusEvent(NOTIFICATION, row);
      const decoded: unknown = statusEventCodec.type.fromBuffer(statusEventCodec.encode(event));
      expect({ ...Object(decoded) }).to.deep.equal(event);
      expect(event).to.include({ notification_id: row.id, version: versionOf(row), at: row.at });
      expect(event.next_retry_at).to.equal(state === 'retrying' ? row.due_at : null);
    });
});

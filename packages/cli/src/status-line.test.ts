import { expect } from 'chai';
import fc from 'fast-check';
import { STATUS_HEADER, statusLine } from './status-line.ts';
import { updateOf } from './update-fixture.ts';

const plain = { columns: null, paint: (_: string, text: string) => text };
const tagged = (style: string, text: string): string => `<${style}>${text}</>`;
const ESCAPE = '\u001b';

describe('a status line', () => {
  it('tells what an operator wants to know, below the header', () => {
    const retrying = updateOf({
      status: 'retrying',
      attempt: 2,
      provider: 'backup',
      reason: 'HTTP 503',
      next_retry_at: '2030-01-31T09:00:30.123Z',
    });
    expect([STATUS_HEADER, statusLine(retrying, plain)]).to.deep.equal([
      'TIME           STATUS      CHANNEL  ID                                    ATTEMPT  PROVIDER    DETAIL',
      `09:00:00.123Z  retrying    sms      ${retrying.notification_id}  2/5      backup      again in 30s, HTTP 503`,
    ]);
  });

  it('says what the provider calls what was delivered, and nothing of an attempt that has not begun', () => {
    const delivered = updateOf({
      status: 'delivered',
      attempt: 1,
      provider: 'x',
      provider_message_id: 'm-1',
    });
    expect(statusLine(delivered, plain)).to.match(/ 1\/5 +x +m-1$/);
    expect(statusLine(updateOf({ status: 'queued', attempt: 0 }), plain)).to.match(/ - +-$/);
  });

  it('colours the status alone, and aligns what follows as without colour', () => {
    const line = statusLine(updateOf({ status: 'failed', reason: 'HTTP 400' }), {
      columns: null,
      paint: tagged,
    });
    expect(line).to.include('  <red>failed</>      sms ');
  });

  it('fits a terminal that is wide enough, and lets nobody steer it', () => {
    const words = fc.string({ unit: 'grapheme', maxLength: 80 });
    fc.assert(
      fc.property(words, words, fc.integer({ min: 120, max: 300 }), (reason, status, columns) => {
        const update = updateOf({ status: status.slice(0, 10), reason: `${ESCAPE}[31m${reason}\n` });
        const line = statusLine(update, { ...plain, columns });
        expect(line).to.not.match(/\p{Cc}/u);
        expect(line.indexOf(update.notification_id)).to.be.greaterThan(0);
      }),
    );
    const long = statusLine(updateOf({ reason: 'x'.repeat(500) }), { ...plain, columns: 140 });
    expect(long).to.have.length(140).and.to.match(/…$/);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type HttpAnswer, outcomeOfAnswer } from './http-answer.ts';

const NOW = Date.UTC(2030, 0, 31, 9);
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array)),
  fc.json().map((text) => Buffer.from(text)),
  fc.jsonValue().map((messageId) => Buffer.from(JSON.stringify({ messageId }))),
);
const headers = fc.oneof(
  fc.constant(undefined),
  fc.string({ unit: 'binary' }),
  fc.array(fc.string()),
  fc.integer().map(String),
  fc.double().map(String),
  fc.date().map(String),
  fc.stringMatching(/^[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{5,8} GMT$/),
);

function judge(status: number, retryAfter: HttpAnswer['retryAfter'], body = Buffer.alloc(0)) {
  return outcomeOfAnswer({ status, retryAfter, chunks: [body], bytes: body.length }, NOW, (words) => words);
}

function waitOf(retryAfter: HttpAnswer['retryAfter']): number | null {
  const outcome = judge(429, retryAfter);
  return outcome.kind === 'throttled' ? outcome.retryAfterMs : Number.NaN;
}

describe('answers of any provider', () => {
  it('are judged by their status alone, and never throw', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), headers, bodies, (status, retryAfter, body) => {
        const { kind } = judge(status, retryAfter, body);
        const classes = { 2: 'accepted', 3: 'unavailable', 4: 'rejected', 5: 'unavailable' } as Record<
          number,
          string
        >;
        expect(kind).to.equal(status === 429 ? 'throttled' : classes[Math.floor(status / 100)]);
      }),
    );
  });

  it('name a message by one short line, or not at all', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const outcome = judge(200, undefined, body);
        const id = outcome.kind === 'accepted' ? (outcome.messageId ?? 'none') : '';
        expect(id).to.match(/^[^\p{Cc}\p{Cs}]+$/u);
        expect(Buffer.byteLength(id)).to.be.at.most(1_024);
      }),
    );
  });

  it('ask for no wait, or for one that is a number of milliseconds and not below none', () => {
    fc.assert(
      fc.property(headers, (retryAfter) => {
        const wait = waitOf(retryAfter);
        if (wait !== null) expect(Number.isSafeInteger(wait) && wait >= 0, String(retryAfter)).to.equal(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are understood when they ask as HTTP has it: in seconds, or by a date', () => {
    const seconds = fc.integer({ min: 0, max: 999_999_999 });
    const dates = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(seconds, dates, (wait, date) => {
        expect(waitOf(String(wait))).to.equal(wait * 1_000);
        const atMs = Math.floor(date.getTime() / 1_000) * 1_000;
        expect(waitOf(date.toUTCString())).to.equal(Math.max(0, atMs - NOW));
      }),
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { stepLine, waitsFor } from './journey.ts';
import { updateOf } from './update-fixture.ts';

const START = Date.parse('2030-01-31T09:00:00.000Z');
const at = (ms: number): string => new Date(START + ms).toISOString();
const plain = (_: string, text: string): string => text;
const tagged = (style: string, text: string): string => `<${style}>${text}</>`;

describe('a journey', () => {
  const lines: [string, Parameters<typeof updateOf>[0]][] = [
    ['  ○ queued         0 ms', { status: 'queued', at: at(-3) }],
    ['  ● processing    14 ms  attempt 2 of 5', { attempt: 2, at: at(14) }],
    [
      '  ↻ retrying      1.5 s  again in 30s, HTTP 503, by http',
      { status: 'retrying', at: at(1_500), reason: 'HTTP 503', provider: 'http', next_retry_at: at(31_500) },
    ],
    [
      '  ✔ delivered    59.9 s  by http, as m-1',
      { status: 'delivered', at: at(59_949), provider: 'http', provider_message_id: 'm-1' },
    ],
    ['  ✖ failed       2m 30s  HTTP 400', { status: 'failed', at: at(150_000), reason: 'HTTP 400' }],
    ['  ✖ expired      1h 30m', { status: 'expired', at: at(5_400_000) }],
    ['  ○ forwarded      5 ms', { status: 'forwarded', at: at(5) }],
  ];
  for (const [line, step] of lines)
    it(`draws \`${line.trim()}\``, () => expect(stepLine(updateOf(step), START, plain)).to.equal(line));

  it('has its columns below each other, whatever it tells, and lets nobody steer the terminal', () => {
    const words = fc.string({ unit: 'grapheme' });
    const statuses = fc.constantFrom('queued', 'processing', 'retrying', 'delivered', 'failed', 'cancelled');
    fc.assert(
      fc.property(statuses, fc.integer({ min: 0, max: 86_000_000 }), words, (status, ms, reason) => {
        const line = stepLine(updateOf({ status, at: at(ms), reason: `|\n${reason}` }), START, plain);
        expect(line).to.not.match(/\p{Cc}/u);
        expect(line.slice(4, 14).trim()).to.equal(status);
        expect(line.slice(15, 23).trim()).to.match(/^[\d.]+ ?(ms|s|m|h)( \d+[ms])?$/);
        expect(line.slice(23, 25)).to.equal('  ');
      }),
    );
  });

  it('is coloured by what happened', () => {
    const line = stepLine(updateOf({ status: 'delivered', at: at(5) }), START, tagged);
    expect(line).to.equal('  <green>✔ delivered</>  <dim>    5 ms</>');
  });

  const waits: [string, Parameters<typeof updateOf>[0] | null, string | null][] = [
    ['it waits for its turn', null, null],
    ['it waits for its turn', { status: 'queued' }, at(-1_000)],
    ['due in 4m 3s', null, at(243_000)],
    ['attempt 2 is under way, 3s', { attempt: 2, at: at(-3_000) }, null],
    ['attempt 2 in 27s', { status: 'retrying', attempt: 1, next_retry_at: at(27_000) }, null],
    ['it waits for its turn', { status: 'retrying', attempt: 1, next_retry_at: at(-1) }, null],
  ];
  for (const [said, step, scheduledAt] of waits)
    it(`says "${said}" after ${JSON.stringify(step)}`, () =>
      expect(waitsFor(step ? updateOf(step) : null, scheduledAt, START)).to.equal(said));
});

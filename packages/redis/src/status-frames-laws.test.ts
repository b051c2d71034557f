import type { StatusEvent } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { endOf, parseStatusFrame, type StatusFrame, statusMessage } from './status-frames.ts';

const offset = fc.maxSafeNat();
const partition = fc.nat({ max: 100 });
const event = fc.record({
  notification_id: fc.uuid(),
  status: fc.string({ unit: 'grapheme' }),
  version: offset,
  at: offset,
  reason: fc.option(fc.string({ unit: 'grapheme' })),
}) as unknown as fc.Arbitrary<StatusEvent>;
const frames: fc.Arbitrary<StatusFrame> = fc.oneof(
  fc.record({ partition, since: offset, offset, event }),
  fc.record({ partition, since: offset, position: offset }),
);

describe('status frames of any kind', () => {
  it('come back as they were sent', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(parseStatusFrame(statusMessage(frame).message)).to.deep.equal(frame);
      }),
    );
  });

  it('are told from everything else, and never throw', () => {
    const messages = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('partition', 'since', 'offset', 'position', 'event'), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(messages, (message) => {
        const frame = parseStatusFrame(message);
        if (frame !== null) expect(Number.isSafeInteger(frame.partition) && endOf(frame) >= 0).to.equal(true);
      }),
    );
  });
});

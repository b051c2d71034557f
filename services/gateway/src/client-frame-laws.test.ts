import { expect } from 'chai';
import fc from 'fast-check';
import { parseClientFrame } from './client-frame.ts';

/** Frames in which what a client may say meets everything else. */
const members = fc.record(
  {
    action: fc.oneof(fc.constantFrom('subscribe', 'unsubscribe', 'resume', 'toString'), fc.jsonValue()),
    notification_id: fc.oneof(fc.uuid(), fc.jsonValue()),
    batch_id: fc.oneof(fc.uuid(), fc.jsonValue()),
    all: fc.jsonValue(),
    cursor: fc.oneof(fc.base64String(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  fc.json().map((text) => Buffer.from(text)),
  members.map((frame) => Buffer.from(JSON.stringify(frame))),
);

describe('client frames of any kind', () => {
  it('are either read or refused with a reason, and never throw', () => {
    fc.assert(
      fc.property(bytes, (frame) => {
        const parsed = parseClientFrame(frame);
        if ('type' in parsed) expect(parsed.detail).to.be.a('string').that.is.not.empty;
        else expect(parsed.action).to.be.oneOf(['subscribe', 'unsubscribe', 'resume']);
      }),
    );
  });

  it('mean the ids that they name, whatever the case of their letters and whatever stands beside', () => {
    const frames = fc.record({
      action: fc.constantFrom('subscribe' as const, 'unsubscribe' as const),
      kind: fc.constantFrom('notification_id' as const, 'batch_id' as const),
      id: fc.uuid(),
      isUpper: fc.boolean(),
      beside: fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue()),
    });
    fc.assert(
      fc.property(frames, ({ action, kind, id, isUpper, beside }) => {
        const frame = { ...beside, action, [kind]: isUpper ? id.toUpperCase() : id };
        const parsed = parseClientFrame(Buffer.from(JSON.stringify(frame)));
        expect(parsed).to.deep.equal({ action, interest: { kind, id } });
      }),
    );
  });
});

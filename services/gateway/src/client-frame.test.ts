import { expect } from 'chai';
import { FRAME_BYTES_MAX, parseClientFrame } from './client-frame.ts';

const id = '0198f7a0-0000-7000-8000-00000000000A';
const parse = (frame: unknown) =>
  parseClientFrame(Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame)));

const padded = (length: number) =>
  JSON.stringify({ action: 'subscribe', notification_id: id }).padEnd(length, ' ');

describe('client frame', () => {
  it('reads what to listen to, ids in lower case as events have them', () => {
    expect(parse({ action: 'subscribe', notification_id: id })).to.deep.equal({
      action: 'subscribe',
      interest: { kind: 'notification_id', id: id.toLowerCase() },
    });
    expect(parse({ action: 'unsubscribe', batch_id: id, extra: 1 })).to.deep.equal({
      action: 'unsubscribe',
      interest: { kind: 'batch_id', id: id.toLowerCase() },
    });
  });

  for (const [what, frame] of Object.entries({
    'no JSON': '{',
    'no text': '\u0000\uffff',
    'an empty frame': '',
    'an array': [],
    null: null,
    'no action': { notification_id: id },
    'another action': { action: 'publish', notification_id: id },
    'an action of Object': { action: 'toString', notification_id: id },
    'no id': { action: 'subscribe' },
    'two ids': { action: 'subscribe', notification_id: id, batch_id: id },
    'a number for an id': { action: 'subscribe', notification_id: 7 },
    'an id that is no UUID': { action: 'subscribe', notification_id: `${id}'` },
  }))
    it(`refuses ${what}`, () => {
      const refusal = parse(frame);
      expect(refusal).to.include({ type: '/probs/malformed-frame' }).and.to.have.property('detail');
    });

  it('refuses a frame over 64 KiB, whatever is in it, and takes one of just that', () => {
    expect(parse(padded(FRAME_BYTES_MAX))).to.have.property('action');
    expect(parse(padded(FRAME_BYTES_MAX + 1))).to.include({ type: '/probs/frame-too-large' });
  });
});

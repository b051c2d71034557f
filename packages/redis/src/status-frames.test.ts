import { statusChannel, type StatusEvent } from '@fanfare/contracts';
import { expect } from 'chai';
import {
  endOf,
  parseStatusFrame,
  STATUS_CHANNELS,
  type StatusFrame,
  statusMessage,
} from './status-frames.ts';

const event = { notification_id: 'n', status: 'queued', version: 1, at: 5, reason: '\u2028"👋' };
const frames: StatusFrame[] = [
  { partition: 4, since: 7, offset: 9, event: event as StatusEvent },
  { partition: 4, since: 7, position: 7 },
];

describe('status frames', () => {
  it('come back as they were sent, on the channel of their partition', () => {
    for (const frame of frames) {
      const { channel, message } = statusMessage(frame);
      expect(channel).to.equal(statusChannel(4));
      expect(parseStatusFrame(message)).to.deep.equal(frame);
    }
    expect(frames.map(endOf)).to.deep.equal([10, 7]);
  });

  it('are heard by one pattern, whatever the partition', () => {
    expect(STATUS_CHANNELS).to.equal('status:*');
    expect(statusChannel(123)).to.match(new RegExp(`^${STATUS_CHANNELS.replace('*', '.*')}$`));
  });

  it('are told from what else may be on a channel', () => {
    for (const other of [
      null,
      [],
      {},
      { partition: 1, since: 0 },
      { partition: -1, since: 0, position: 0 },
      { ...frames[0], event: { ...event, version: '1' } },
      { ...frames[0], event: null },
    ])
      expect(parseStatusFrame(JSON.stringify(other))).to.equal(null);
    expect(parseStatusFrame('{')).to.equal(null);
  });
});

import { expect } from 'chai';
import { createRequestLog } from './request-log.ts';
import type { LoggedRequest } from './request-log.ts';

const roomy = { entriesMax: 1_000, bytesMax: 1_000_000, keepContent: true };

describe('request log', () => {
  it('finds by recipient, key and time, oldest first, and leaves the newest', () => {
    const log = createRequestLog(roomy);
    for (let at = 0; at < 10; at += 1)
      log.add(request({ at, to: `+${at % 2}`, idempotencyKey: `k${at % 5}` }));
    expect(times(log.find({}))).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(times(log.find({ to: '+1' }))).to.deep.equal([1, 3, 5, 7, 9]);
    expect(times(log.find({ key: 'k2' }))).to.deep.equal([2, 7]);
    expect(times(log.find({ sinceMs: 8 }))).to.deep.equal([8, 9]);
    expect(times(log.find({ to: '+1', sinceMs: 2, limit: 2 }))).to.deep.equal([7, 9]);
    expect(times(log.find({ limit: 0 }))).to.deep.equal([]);
  });

  it('keeps the newest so many', () => {
    const log = createRequestLog({ ...roomy, entriesMax: 3 });
    for (let at = 1; at <= 100; at += 1) {
      log.add(request({ at }));
      const newest = [at - 2, at - 1, at].filter((kept) => kept > 0);
      expect(times(log.find({}))).to.deep.equal(newest);
    }
  });

  it('keeps no more content than so many bytes, but always the newest request', () => {
    const log = createRequestLog({ ...roomy, bytesMax: 40 });
    for (let at = 1; at <= 5; at += 1) log.add(request({ at, content: '0123456789' }));
    expect(times(log.find({}))).to.deep.equal([4, 5]);
    log.add(request({ at: 6, content: 'x'.repeat(100) }));
    expect(times(log.find({}))).to.deep.equal([6]);
    log.add(request({ at: 7 }));
    expect(times(log.find({}))).to.deep.equal([7]);
  });

  it('keeps no content when told so', () => {
    const log = createRequestLog({ ...roomy, keepContent: false });
    log.add(request({ content: 'hello' }));
    expect(log.find({})[0]).to.include({ content: null, to: '+1' });
  });

  it('forgets', () => {
    const log = createRequestLog({ ...roomy, bytesMax: 10 });
    log.add(request({ content: '01234' }));
    log.clear();
    expect(log.find({})).to.deep.equal([]);
    log.add(request({ at: 1, content: '01' }));
    log.add(request({ at: 2, content: '234' }));
    expect(times(log.find({}))).to.deep.equal([1, 2]);
  });
});

function request(fields: Partial<LoggedRequest>): LoggedRequest {
  const missing = { idempotencyKey: null, correlationId: null, traceparent: null };
  return { to: '+1', channel: 'sms', content: '', ...missing, at: 0, answer: 'accepted', ...fields };
}

function times(requests: readonly LoggedRequest[]): number[] {
  return requests.map(({ at }) => at);
}

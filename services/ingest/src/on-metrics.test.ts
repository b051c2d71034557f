import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';
import { onMetrics } from './on-metrics.ts';

const COUNTS = {
  created: 9,
  delivered: 6,
  failed: 2,
  cancelled: 1,
  expired: 0,
  at: Date.parse('2030-01-31T09:00:00Z'),
};

describe('metrics of the last minute', () => {
  const server = useServer({ queueDepth: () => Promise.resolve(7) });

  it('are counted from what is stored', async () => {
    const sms = { channel: 'sms', recipient: '+15550100', content: 'x' };
    const before = await server.app.inject('/api/v1/metrics');
    expectContract('/api/v1/metrics', 'get', '200', before.json());
    expect(before.json()).to.include({ created_per_minute: 0, success_rate: null, queue_depth: 7 });
    for (let i = 0; i < 4; i += 1) await server.post('/api/v1/notifications', sms);
    const settled = `UPDATE deliveries SET at = now(), state = CASE WHEN id = (SELECT id FROM deliveries ORDER BY id LIMIT 1) THEN 'failed' ELSE 'delivered' END`;
    await server.db.query({ name: '', text: settled }, []);
    const after = (await server.app.inject('/api/v1/metrics')).json();
    expectContract('/api/v1/metrics', 'get', '200', after);
    expect(after).to.include({
      created_per_minute: 4,
      delivered_per_minute: 3,
      failed_per_minute: 1,
      success_rate: 0.75,
    });
  });

  it('are told without the depth of the queue while Kafka is away', async () => {
    const metrics = onMetrics({
      countLastMinute: () => Promise.resolve(COUNTS),
      queueDepth: () => Promise.reject(new Error('Kafka is away')),
    });
    expect(await metrics()).to.deep.equal({
      created_per_minute: 9,
      delivered_per_minute: 6,
      failed_per_minute: 2,
      cancelled_per_minute: 1,
      expired_per_minute: 0,
      success_rate: 0.75,
      queue_depth: null,
      as_of: '2030-01-31T09:00:00.000Z',
    });
  });

  it('are counted once for all who ask at a time, and anew for the next', async () => {
    let counted = 0;
    const metrics = onMetrics({
      countLastMinute: () => Promise.resolve(COUNTS).finally(() => (counted += 1)),
      queueDepth: () => Promise.resolve(0),
    });
    await Promise.all([metrics(), metrics(), metrics()]);
    expect(counted).to.equal(1);
    await metrics();
    expect(counted).to.equal(2);
  });

  it('are tried again after an error', async () => {
    let isAway = true;
    const metrics = onMetrics({
      countLastMinute: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(COUNTS)),
      queueDepth: () => Promise.resolve(0),
    });
    const failure = await metrics().catch((error: unknown) => error);
    expect(failure).to.be.an('error');
    isAway = false;
    expect(await metrics()).to.include({ created_per_minute: 9 });
  });
});

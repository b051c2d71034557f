import { expect } from 'chai';
import { collectProcessMetrics, counter, gauge, histogram, metricsText } from './metrics.ts';

describe('metrics', () => {
  it('tells what was counted, set and observed, by label', async () => {
    counter({ name: 'fanfare_test_sent_total', help: 'Sent.', labels: ['channel'] }).inc(
      { channel: 'sms' },
      3,
    );
    gauge({ name: 'fanfare_test_depth', help: 'Depth.', collect: (self) => self.set(7) });
    histogram({ name: 'fanfare_test_wait_seconds', help: 'Wait.', buckets: [1, 2] }).observe(1.5);
    const { contentType, body } = await metricsText();
    expect(contentType).to.match(/^text\/plain/);
    expect(body).to.include('fanfare_test_sent_total{channel="sms"} 3');
    expect(body).to.include('fanfare_test_depth 7');
    expect(body).to.include('fanfare_test_wait_seconds_bucket{le="2"} 1');
  });

  it('leaves out what cannot be had now, and only that', async () => {
    const answers = [1, null, 2];
    const collect = async (self: { set: (value: number) => void }) => {
      const answer = await Promise.resolve(answers.shift());
      if (answer === null || answer === undefined) throw new Error('away');
      self.set(answer);
    };
    gauge({ name: 'fanfare_test_lag', help: 'Lag.', collect });
    const lag = 'fanfare_test_lag';
    expect([await valueOf(lag), await valueOf(lag), await valueOf(lag)]).to.deep.equal(['1', undefined, '2']);
  });

  it('tells about the process, with the name of its service', async () => {
    collectProcessMetrics('test');
    const { body } = await metricsText();
    expect(body).to.match(/^process_resident_memory_bytes\{service="test"\} \d{7,}/m);
    expect(body).to.match(/^nodejs_eventloop_active_seconds_total\{service="test"\} [\d.]+/m);
    expect(body).to.not.include('nodejs_eventloop_lag_p99');
  });
});

async function valueOf(name: string): Promise<string | undefined> {
  return new RegExp(`^${name} (\\d+)$`, 'm').exec((await metricsText()).body)?.[1];
}

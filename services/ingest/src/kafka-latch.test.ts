import { expect } from 'chai';
import { createKafkaLatch } from './kafka-latch.ts';

describe('kafkaLatch', () => {
  it('stays open until a probe succeeds, and tells each change once', async () => {
    let isKafkaBack = false;
    const changes: boolean[] = [];
    const shut = new Promise<void>((resolve) => {
      const latch = createKafkaLatch({
        probeEveryMs: 1,
        probe: () => {
          // The second probe finds it back.
          if (isKafkaBack) return Promise.resolve();
          isKafkaBack = true;
          return Promise.reject(new Error('away'));
        },
        onChange: (open) => {
          changes.push(open);
          if (!open) resolve();
          expect(latch.isOpen()).to.equal(open);
        },
      });
      expect(latch.isOpen()).to.equal(false);
      latch.open();
      latch.open();
    });
    await shut;
    expect(changes).to.deep.equal([true, false]);
  });
});

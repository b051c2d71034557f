import { expect } from 'chai';
import { murmur2, partitioner } from './partitioner.ts';

describe('partitioner', () => {
  const partitionMetadata = Array.from({ length: 6 }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  const choose = (message: { key?: string; partition?: number; giveUpAt?: number }) =>
    partitioner()({ topic: 't', partitionMetadata, message: { key: null, value: null, ...message } });

  it("hashes as Kafka's Java client does", () => {
    // The values of Kafka's own UtilsTest.
    for (const [key, hash] of [
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
      ['abc', 479470107],
    ] as const)
      expect(murmur2(Buffer.from(key)), key).to.equal(hash);
  });

  it('takes the given partition, else that of the key, else each in turn', () => {
    expect(choose({ key: 'a', partition: 5 })).to.equal(5);
    expect(choose({ key: 'foobar' })).to.equal((-790332482 & 0x7fffffff) % 6);
    const choosing = partitioner();
    const turns = Array.from({ length: 6 }, () =>
      choosing({ topic: 't', partitionMetadata, message: { value: null } }),
    );
    expect(new Set(turns).size).to.equal(6);
  });

  it('ends attempts that come after the deadline', () => {
    expect(() => choose({ key: 'a', giveUpAt: performance.now() - 1 })).to.throw(/deadline/);
    expect(choose({ key: 'foobar', giveUpAt: performance.now() + 60_000 })).to.be.a('number');
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import type { Update } from './live-frame.ts';
import { updateOf } from './update-fixture.ts';
import { batchListener } from './wait-for-batches.ts';

type Request = { action: string; batch_id: string };

describe('waiting for batches', () => {
  it('counts each end once, over as many lost connections as there are, and listens to few at a time', () => {
    const orders = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 4 }),
        orders,
        (count, size, order) => {
          const next = (max: number): number => (order.next().value ?? 0) % max;
          const batches = Array.from({ length: count }, (_, index) => ({ id: `b${index}`, size }));
          const ends: string[] = [];
          let isDone = false;
          const onEnd = ({ notification_id }: Update): void => void ends.push(notification_id);
          const listener = batchListener(batches, { onEnd, onDone: () => (isDone = true) });
          let heard = new Set<string>();
          let heardMax = 0;
          const ask = (request: object): void => {
            const { action, batch_id } = request as Request;
            heard[action === 'subscribe' ? 'add' : 'delete'](batch_id);
            heardMax = Math.max(heardMax, heard.size);
          };
          listener.onOpen(ask);
          for (let step = 0; ends.length < count * size && step < 50_000; step += 1) {
            if (next(20) === 0) {
              heard = new Set();
              listener.onOpen(ask);
            }
            const batch_id = [...heard][next(heard.size)] ?? '';
            const notification_id = `${batch_id}/${next(size)}`;
            const update = updateOf({
              batch_id,
              notification_id,
              status: next(3) === 0 ? 'queued' : 'failed',
            });
            listener.onFrame({ update, cursor: null, isResync: false });
          }
          expect(isDone).to.equal(true);
          expect(ends).to.have.length(count * size);
          expect(new Set(ends).size).to.equal(count * size);
          expect(heardMax).to.be.at.most(50);
          expect(heard.size).to.equal(0);
        },
      ),
      { numRuns: 30 },
    );
  });
});

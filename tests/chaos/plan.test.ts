import { expect } from 'chai';
import { seededRandom } from '../random.ts';
import { FAULTS } from './ledger/evidence.ts';
import { type Order, planOrders, sizeOf, type Wish } from './load/orders.ts';
import { type PlannedFault, planFaults } from './plan.ts';

describe('the plan of a chaos run', () => {
  it('has every fault once in each round, in the order of its seed', () => {
    const kinds = faults(7, 2 * FAULTS.length).map(({ kind }) => kind);
    expect(kinds.slice(0, FAULTS.length).toSorted()).to.deep.equal(FAULTS.toSorted());
    expect(kinds.slice(FAULTS.length).toSorted()).to.deep.equal(FAULTS.toSorted());
    expect(faults(7, 40)).to.deep.equal(faults(7, 40));
    expect(faults(8, 40)).to.not.deep.equal(faults(7, 40));
  });

  it('sends the same for the same seed, by every door', () => {
    expect(orders(7, 500)).to.deep.equal(orders(7, 500));
    expect(orders(8, 500)).to.not.deep.equal(orders(7, 500));
    const doors = new Set(orders(7, 500).map(({ door }) => door));
    expect(doors).to.deep.equal(new Set(['rest', 'batch', 'json', 'avro', 'unusable']));
  });

  it('has some of everything that may become of a notification', () => {
    const wishes = orders(7, 2_000).flatMap(wishesOf);
    for (const marker of ['[fail:1]', '[fail]', '[throttle:1]', '[reject]', '[drop:1]', '[hang:1]'])
      expect(wishes.filter(({ content }) => content.endsWith(marker)).length, marker).to.be.above(5);
    for (const field of ['scheduledInMs', 'expiresInMs', 'cancelAfterMs'] as const)
      expect(wishes.filter((wish) => wish[field] !== null).length, field).to.be.within(50, wishes.length / 5);
    expect(wishes.filter(({ content }) => Array.from(content).length > 160)).to.deep.equal([]);
  });

  it('sends about a third of the notifications in batches and a quarter straight to Kafka', () => {
    const all = orders(7, 2_000);
    const share = (...doors: Order['door'][]): number =>
      sum(all.filter(({ door }) => doors.includes(door))) / sum(all);
    expect(share('batch')).to.be.within(0.3, 0.6);
    expect(share('json', 'avro')).to.be.within(0.15, 0.35);
  });
});

function faults(seed: number, count: number): PlannedFault[] {
  return planFaults(seededRandom(seed), FAULTS).take(count).toArray();
}

function orders(seed: number, count: number): Order[] {
  return planOrders(seededRandom(seed), seed).take(count).toArray();
}

function wishesOf(order: Order): Wish[] {
  if ('wishes' in order) return order.wishes;
  return 'wish' in order ? [order.wish] : [];
}

function sum(all: readonly Order[]): number {
  return all.reduce((total, order) => total + sizeOf(order), 0);
}

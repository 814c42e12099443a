import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EpochPlan, type PlanOptions } from '../../../../datasets/loaders/classification/epoch-plan.ts';

const test = suite('epoch plan');

const none: ReadonlySet<number> = new Set();
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const shuffled = (epoch: number, options: Partial<PlanOptions> = {}) =>
  new EpochPlan({ length: 23, batch: 5, dropLast: false, shuffle: { seed: 7, epoch }, ...options });

function indicesOf(plan: EpochPlan, broken = none): number[][] {
  return Array.from({ length: plan.batches }, (_, number) => [...plan.batch(number, broken)!.indices]);
}

test('an epoch holds every image once, in an order of its own', () => {
  const orders = [0, 1, 2].map((epoch) => indicesOf(shuffled(epoch)));
  for (const order of orders) {
    assert.equal(
      order.map((batch) => batch.length),
      [5, 5, 5, 5, 3],
    );
    assert.equal(sorted(order.flat()), [...Array(23).keys()]);
  }
  assert.is(new Set(orders.map((order) => order.join())).size, 3);
  assert.equal(indicesOf(shuffled(1)), orders[1]);
  assert.not.equal(indicesOf(shuffled(1, { shuffle: { seed: 8, epoch: 1 } })), orders[1]);
});

test('a short last batch can be left out', () => {
  const plan = shuffled(0, { dropLast: true });
  assert.is(plan.batches, 4);
  assert.equal(indicesOf(plan), indicesOf(shuffled(0)).slice(0, 4));
  assert.is(shuffled(0, { dropLast: true, length: 4 }).batches, 0);
  assert.is(shuffled(0, { dropLast: true, length: 10 }).batches, 2);
});

test('a broken image is replaced by the next sound one, across batches and around the end', () => {
  const order = indicesOf(shuffled(0)).flat();
  const broken = new Set([order[3], order[4], order[5], order[22]]);
  const found = indicesOf(shuffled(0), broken).flat();
  const expected = [...order];
  expected.splice(3, 3, order[6], order[6], order[6]);
  expected[22] = order[0];
  assert.equal(found, expected);
  assert.equal([...shuffled(0).batch(0, broken)!.places], order.slice(0, 5));
});

test('it does not matter in which order broken images are found', () => {
  const broken = [4, 9, 11, 17];
  const all = indicesOf(shuffled(2), new Set(broken));
  const seen = new Set<number>();
  for (let number = 4; number >= 0; number--) {
    let indices = [...shuffled(2).batch(number, seen)!.indices];
    while (indices.some((index) => broken.includes(index))) {
      for (const index of indices) if (broken.includes(index)) seen.add(index);
      indices = [...shuffled(2).batch(number, seen)!.indices];
    }
    assert.equal(indices, all[number]);
  }
});

test('there is no batch where no image is sound', () => {
  assert.is(shuffled(0).batch(0, { has: () => true }), undefined);
});

test('without shuffling images come in order, and broken ones not at all', () => {
  const plan = new EpochPlan({ length: 7, batch: 3, dropLast: false });
  assert.equal(indicesOf(plan), [[0, 1, 2], [3, 4, 5], [6]]);
  assert.equal(indicesOf(plan, new Set([1, 6])), [[0, 2], [3, 4, 5], []]);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { balancedWeights, eachOnce, repeated, repeatFactors, weighted } from '../../../datasets/loaders/epoch-order.ts';
import { Random } from '../../../io/random.ts';

const countsOf = (order: Int32Array, length: number): number[] => {
  const counts = new Array<number>(length).fill(0);
  for (const entry of order) counts[entry % length]++;
  return counts;
};

test('repeated augmentation shows each of a part of the images in a row, each time another entry', () => {
  const order = repeated(10, 3, new Random(1));
  assert.is(order.length, 10);
  assert.is(new Set(order).size, 10);
  const images = Array.from(order, (entry) => entry % 10);
  assert.equal(images.slice(0, 3), [images[0], images[0], images[0]]);
  assert.equal(countsOf(order, 10).sort(), [0, 0, 0, 0, 0, 0, 1, 3, 3, 3]);
  assert.equal(repeated(7, 1, new Random(2)), eachOnce(7, new Random(2)));
});

test('weighted images come as often as their weights say, to the image', () => {
  const weights = [1, 1, 1, 1, 1, 1, 2, 4];
  for (let seed = 0; seed < 50; seed++) {
    const order = weighted(weights, new Random(seed));
    assert.is(order.length, 8);
    assert.is(new Set(order).size, 8);
    for (const [image, count] of countsOf(order, 8).entries()) {
      const share = (8 * weights[image]) / 12;
      assert.ok(count >= Math.floor(share) && count <= Math.ceil(share), `${seed}: image ${image} ${count} times`);
    }
  }
});

test('balanced classes are shown alike', () => {
  const labels = Int32Array.from({ length: 90 }, (_, i) => (i < 60 ? 0 : i < 87 ? 1 : 2));
  const order = weighted(balancedWeights(labels), new Random(4));
  const shown = [0, 0, 0];
  for (const entry of order) shown[labels[entry % 90]]++;
  assert.ok(
    shown.every((count) => Math.abs(count - 30) <= 3),
    shown.join(),
  );
});

test("repeat factors are LVIS's", () => {
  const labels = [[1, 1, 2], [1], [1], [1, 3], [1], [1], [1], [1]].map((own) => Int32Array.from(own));
  const [first, second, , fourth] = repeatFactors(labels, 0.5);
  assert.equal([first, second, fourth], [2, 1, 2]);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { argsortDescending, topK } from '../../../detection/ops/top-k.ts';
import { Random } from '../../../io/random.ts';
import { floats, golden, integers, type Packed } from '../golden.ts';

test('indexes equal torch, with NaN and infinities', () => {
  const { values, cases } = golden<{ values: Packed; cases: { k: number; indexes: Packed }[] }>('top_k');
  for (const { k, indexes } of cases) assert.equal([...topK(floats(values), k)], [...integers(indexes)], `k = ${k}`);
});

/** What a stable comparison sort gives. */
const slowSort = (values: Float32Array) => [...values.keys()].sort((i, j) => values[j] - values[i] || i - j);

test('equals a stable sort, whatever the range, sign and number of ties', () => {
  const random = new Random(11);
  const draws = [
    () => random.normal(),
    () => random.integer(5) - 2,
    () => random.normal(0, 1e-40),
    () => (random.integer(2) ? 0 : -0),
    () => random.uniform(1, 1.0001),
    () => (random.uniform() - 0.5) * 2 ** random.integer(200),
  ];
  for (const draw of draws) {
    for (const length of [1, 2, 77, 3000]) {
      const values = Float32Array.from({ length }, draw);
      const expected = slowSort(values);
      assert.equal([...argsortDescending(values)], expected);
      for (const k of [0, 1, length >> 1, length - 1, length, length + 5]) {
        assert.equal([...topK(values, k)], expected.slice(0, k), `${k} of ${length}`);
      }
    }
  }
});

test('a view into a larger array is read from its own start', () => {
  const values = Float32Array.of(9, 9, 1, 3, 2, 9).subarray(2, 5);
  assert.equal([...argsortDescending(values)], [1, 2, 0]);
  assert.equal([...topK(values, 1)], [1]);
});

test('nothing in, nothing out', () => {
  assert.is(argsortDescending(new Float32Array(0)).length, 0);
  assert.is(topK(new Float32Array(0), 4).length, 0);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seeded } from '../../../datasets/loaders/seeded.ts';

test('a place always has the same numbers', () => {
  for (const place of [[], [3], [3, 17]]) {
    assert.is(seeded(5, 'sample', ...place).bits(), seeded(5, 'sample', ...place).bits());
  }
});

test('no two places of many, seeds and purposes share a stream', () => {
  const seen = new Set<string>();
  let count = 0;
  for (const seed of [0, 1, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    for (const purpose of ['order', 'sample', 'mix'] as const) {
      for (let epoch = 0; epoch < 20; epoch++) {
        for (let index = 0; index < 100; index++, count++) {
          seen.add(seeded(seed, purpose, epoch, index).state.join());
        }
      }
    }
  }
  assert.is(seen.size, count);
});

test('the first numbers of neighboring places are independent of one another', () => {
  const count = 20_000;
  const firsts = Array.from({ length: count }, (_, index) => seeded(0, 'sample', 0, index).uniform());
  const mean = firsts.reduce((sum, value) => sum + value, 0) / count;
  let products = 0;
  for (let i = 1; i < count; i++) products += (firsts[i] - 0.5) * (firsts[i - 1] - 0.5);
  assert.ok(Math.abs(mean - 0.5) < 0.01, String(mean));
  assert.ok(Math.abs((products / count) * 12) < 0.03, String(products));
});

test('a seed must be a safe integer', () => {
  for (const seed of [0.5, Number.NaN, 2 ** 53]) assert.throws(() => seeded(seed, 'order'), /seed/);
});

test.run();

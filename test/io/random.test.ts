import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../io/random.ts';

test("gives the sequence of the authors' C code for xoshiro128** 1.1", () => {
  const random = Random.fromState([1, 2, 3, 4]);
  assert.equal(
    Array.from({ length: 10 }, () => random.bits()),
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
  );
  const other = Random.fromState([0x964d4a0c, 0xd40ab895, 0xad7fdecb, 0x3006f0f0]);
  assert.equal(
    Array.from({ length: 4 }, () => other.bits()),
    [0xf1391922, 0x6fe53806, 0xa5be2840, 0xf510ee70],
  );
});

test('a seed fixes the sequence on every machine; neighboring and large seeds differ', () => {
  const first = (seed: number) => new Random(seed).bits();
  assert.equal([0, 1, 2].map(first), [0, 1, 2].map(first));
  const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
  assert.is(new Set(seeds.map(first)).size, seeds.length);
  for (const seed of [0.5, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => new Random(seed), /seed/);
});

test('continues from its state, also between the two halves of a normal pair', () => {
  const random = new Random(9);
  random.normal();
  const copy = Random.fromState(JSON.parse(JSON.stringify(random.state)));
  const draw = (from: Random) => [from.normal(), from.uniform(), from.integer(1000), from.normal()];
  assert.equal(draw(copy), draw(random));
  for (const state of [[], [0, 0, 0, 0], [1, 2, 3], [1, 2, 3, -1], [1, 2, 3, 2 ** 32]]) {
    assert.throws(() => Random.fromState(state), /state/);
  }
});

test('uniform numbers fill their range evenly', () => {
  const random = new Random(2);
  const counts = new Int32Array(10);
  for (let i = 0; i < 50_000; i++) {
    const value = random.uniform(-2, 3);
    assert.ok(value >= -2 && value < 3);
    counts[Math.floor((value + 2) * 2)]++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 5000) < 350, String(count));
});

test('normal numbers have their mean, deviation and tails', () => {
  const random = new Random(3);
  const values = Array.from({ length: 50_000 }, () => random.normal(5, 2));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  assert.ok(Math.abs(mean - 5) < 0.05, String(mean));
  assert.ok(Math.abs(deviation - 2) < 0.03, String(deviation));
  const beyond = values.filter((value) => Math.abs(value - 5) > 4).length / values.length;
  assert.ok(Math.abs(beyond - 0.0455) < 0.005, String(beyond));
});

test('integers stay below their bound and are even', () => {
  const random = new Random(4);
  const counts = new Int32Array(7);
  for (let i = 0; i < 35_000; i++) counts[random.integer(7)]++;
  for (const count of counts) assert.ok(Math.abs(count - 5000) < 350, String(count));
  assert.is(random.integer(1), 0);
  assert.ok(random.integer(2 ** 32) < 2 ** 32);
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1]) assert.throws(() => random.integer(bound), /bound/);
});

test('a permutation holds every number once; a partial shuffle draws every element alike', () => {
  const random = new Random(5);
  assert.equal(
    [...random.permutation(100)].sort((a, b) => a - b),
    [...Array(100).keys()],
  );
  assert.is(random.permutation(0).length, 0);
  const counts = new Int32Array(10);
  for (let i = 0; i < 20_000; i++) {
    const array = random.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2);
    assert.is(new Set(array).size, 10);
    for (const value of array.slice(0, 2)) counts[value]++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 4000) < 300, String(count));
});

test.run();

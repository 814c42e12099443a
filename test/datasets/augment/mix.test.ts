import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cutmix, type MixedBatch, mix, mixup, randomRectangle } from '../../../datasets/augment/mix.ts';
import { targets } from '../../../datasets/augment/targets.ts';
import { Random } from '../../../io/random.ts';

const test = suite('mixing');

const [N, H, W, K] = [4, 5, 6, 3];
const SIZE = H * W * 3;
const LABELS = Int32Array.of(2, 0, 1, 0);

/** Every element of image i is i, and of its target its class. */
function batch(): MixedBatch {
  const data = Float32Array.from({ length: N * SIZE }, (_, i) => Math.floor(i / SIZE));
  return { image: { shape: [N, H, W, 3], data }, target: { shape: [N, K], data: targets(LABELS, K) } };
}
const rows = (data: Float32Array, size: number) =>
  Array.from({ length: data.length / size }, (_, i) => [...data.subarray(i * size, (i + 1) * size)]);
const before = (i: number) => (i + N - 1) % N;
const close = (a: readonly number[], b: readonly number[]) =>
  assert.ok(a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < 1e-6), `${a} ${b}`);
const oneHot = (label: number, share: number) => Array.from({ length: K }, (_, k) => (k === label ? share : 0));
const mixedTarget = (i: number, share: number) =>
  oneHot(LABELS[i], share).map((value, k) => value + oneHot(LABELS[before(i)], 1 - share)[k]);

test('Mixup blends each picture and its target with the one before', () => {
  const mixed = batch();
  mixup(mixed, 0.7);
  for (const [i, row] of rows(mixed.image.data, SIZE).entries()) {
    close(row, Array(SIZE).fill(0.7 * i + 0.3 * before(i)));
  }
  for (const [i, row] of rows(mixed.target.data, K).entries()) close(row, mixedTarget(i, 0.7));
});

test('CutMix pastes a rectangle of the one before, and its share into the target', () => {
  const mixed = batch();
  cutmix(mixed, { left: 1, top: 2, width: 4, height: 3 });
  for (const [i, row] of rows(mixed.image.data, SIZE).entries()) {
    for (const [p, value] of row.entries()) {
      const [x, y] = [Math.floor(p / 3) % W, Math.floor(p / 3 / W)];
      assert.is(value, x >= 1 && x < 5 && y >= 2 ? before(i) : i);
    }
  }
  for (const [i, row] of rows(mixed.target.data, K).entries()) close(row, mixedTarget(i, 1 - 12 / 30));
});

test('a batch of one is mixed with itself', () => {
  const data = Float32Array.from({ length: SIZE }, (_, i) => i);
  const one: MixedBatch = {
    image: { shape: [1, H, W, 3], data: data.slice() },
    target: { shape: [1, K], data: targets(Int32Array.of(1), K) },
  };
  mix(one, { mixup_alpha: 1 }, new Random(1));
  mix(one, { cutmix_alpha: 1 }, new Random(1));
  close([...one.image.data], [...data]);
  close([...one.target.data], [0, 1, 0]);
});

test('rectangles have the wanted area but for what sticks out', () => {
  const random = new Random(5);
  for (let i = 0; i < 2000; i++) {
    const share = random.uniform();
    const { left, top, width, height } = randomRectangle(40, 30, share, random);
    assert.ok(left >= 0 && top >= 0 && width >= 0 && height >= 0 && left + width <= 40 && top + height <= 30);
    assert.ok(width * height <= (1 - share) * 1200 + 1e-9);
  }
  assert.is(randomRectangle(40, 30, 1, random).width, 0);
  const half = Array.from({ length: 500 }, () => randomRectangle(40, 40, 0.75, random));
  assert.ok(half.some(({ width, height }) => width === 20 && height === 20));
});

test('either kind comes where both are wanted, one alone otherwise, and targets always sum to 1', () => {
  const kinds = { mixup: 0, cutmix: 0, none: 0 };
  const kindOf = ({ image }: MixedBatch) => {
    const whole = image.data.every((value) => Number.isInteger(value));
    return whole ? 'cutmix' : 'mixup';
  };
  for (let seed = 0; seed < 400; seed++) {
    const mixed = batch();
    mix(mixed, { mixup_alpha: 0.8, cutmix_alpha: 1 }, new Random(seed));
    kinds[kindOf(mixed)]++;
    for (const row of rows(mixed.target.data, K)) {
      assert.ok(Math.abs(row.reduce((sum, value) => sum + value) - 1) < 1e-6);
      assert.ok(row.every((value) => value >= 0));
    }
  }
  assert.ok(Math.abs(kinds.mixup - 200) < 50, JSON.stringify(kinds));
  const [alone, untouched] = [batch(), batch()];
  mix(alone, { cutmix_alpha: 1 }, new Random(3));
  assert.is(kindOf(alone), 'cutmix');
  mix(untouched, {}, new Random(3));
  assert.equal(untouched, batch());
});

test('smoothed targets give each class its share', () => {
  close([...targets(Int32Array.of(1, 2), 4, 0.1)], [0.025, 0.925, 0.025, 0.025, 0.025, 0.025, 0.925, 0.025]);
  assert.equal([...targets(Int32Array.of(1), 2)], [0, 1]);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cropKeypoints, mirrorKeypoints, resizeKeypoints } from '../../../datasets/augment/keypoints.ts';
import { Random } from '../../../io/random.ts';

const random = new Random(4);
/** Of a picture of 51 × 40; those that are not labeled are 0. */
const points = Array.from({ length: 17 }, () => {
  const v = random.integer(3);
  return v ? [Math.fround(random.uniform(0, 51)), Math.fround(random.uniform(0, 40)), v] : [0, 0, 0];
}).flat();
const exchange = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15];

test('mirrored, left and right change places; mirrored twice, all is as it was', () => {
  assert.equal([...mirrorKeypoints([10, 5, 2, 12, 6, 1, 40, 7, 0], 51, [1, 0, 2])], [39, 6, 1, 41, 5, 2, 0, 0, 0]);
  const twice = mirrorKeypoints(mirrorKeypoints(points, 51, exchange), 51, exchange);
  // 51 − x is rounded to single precision.
  for (const [i, value] of twice.entries()) assert.ok(Math.abs(value - points[i]) < 1e-5);
  assert.ok(points.filter((v, i) => i % 3 === 2 && v).length > 5);
});

test('a crop moves the keypoints in it, its border among them, and takes the others away', () => {
  const own = [5, 5, 2, 20, 8, 1, 4.9, 8, 2, 9, 18.1, 2, 20, 18, 2, 0, 0, 0];
  const part = { left: 5, top: 5, width: 15, height: 13 };
  assert.equal([...cropKeypoints(own, part)], [0, 0, 2, 15, 3, 1, 0, 0, 0, 0, 0, 0, 15, 13, 2, 0, 0, 0]);
});

test('resized as boxes are, by 32-bit shares', () => {
  const share = Math.fround(97 / 51);
  const resized = resizeKeypoints(points, { width: 51, height: 40 }, { width: 97, height: 80 });
  assert.equal(
    [...resized],
    points.map((value, i) => [Math.fround(value * share), value * 2, value][i % 3]),
  );
});

test.run();

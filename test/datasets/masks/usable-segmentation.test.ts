import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoSegmentation } from '../../../datasets/index.ts';
import { rleArea } from '../../../datasets/masks/rle.ts';
import { toRle } from '../../../datasets/masks/segmentation.ts';
import { usableSegmentation } from '../../../datasets/masks/usable-segmentation.ts';
import { Random } from '../../../io/random.ts';

const image = { height: 20, width: 30 };
const usable = (segmentation: unknown) => usableSegmentation(segmentation as CocoSegmentation, image);
const triangle = [2, 2, 12, 3, 5, 15];

test('what covers pixels is kept as it is', () => {
  for (const own of [
    [triangle],
    [triangle, triangle],
    { size: [20, 30], counts: [10, 5, 585] },
    { size: [20, 30], counts: ':5Yb0' },
  ]) {
    assert.is(usable(own), own);
  }
});

test('polygons without three points are left out; without pixels there is no mask', () => {
  assert.equal(usable([[1, 1], triangle, [1, 2, 3, 4], []]), [triangle]);
  for (const none of [
    undefined,
    null,
    [],
    [[]],
    [[5, 5, 9, 9]],
    [[1, 1, 1, 1, 1, 1]],
    [[3, 4, 13, 4, 8, 4]],
    [[40, 3, 50, 3, 45, 12]],
    [[-9, -9, -2, -9, -5, -2]],
    { size: [20, 30], counts: [600] },
    { size: [20, 30], counts: [600, 0] },
  ]) {
    assert.is(usable(none), undefined, JSON.stringify(none));
  }
});

test('whether a polygon covers pixels is what drawing it says', () => {
  const random = new Random(3);
  let [empty, full] = [0, 0];
  for (let i = 0; i < 4000; i++) {
    const reach = [0.4, 1, 3, 20][i % 4];
    const [x, y] = [random.uniform(-2, 32), random.uniform(-2, 22)];
    const polygon = Array.from({ length: 2 * (3 + random.integer(5)) }, (_, k) =>
      k % 2 ? y + random.uniform(-reach, reach) : x + random.uniform(-reach, reach),
    );
    const isDrawn = rleArea(toRle([polygon], 20, 30)) > 0;
    assert.is(usable([polygon]) !== undefined, isDrawn, `${polygon}`);
    if (isDrawn) full++;
    else empty++;
  }
  assert.ok(empty > 300 && full > 1000, `${empty} ${full}`);
});

test('a mask of another size or of runs that do not fit is refused', () => {
  assert.throws(() => usable({ size: [30, 20], counts: [600] }), /size is 30 × 20 pixels, but the image is 20 × 30/);
  assert.throws(() => usable({ size: [20, 30], counts: [1, 2] }), /add up to 3/);
  assert.throws(() => usable({ size: [20, 30], counts: 'é' }), /counts/);
});

test.run();

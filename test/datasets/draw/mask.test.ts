import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { paintMask } from '../../../datasets/draw/mask.ts';
import { categoryColor, drawBoxes, type Image } from '../../../datasets/index.ts';
import type { Rle } from '../../../datasets/masks/rle.ts';
import { rleFromRows, rleToRows } from '../../../datasets/masks/row-major.ts';
import { Random } from '../../../io/random.ts';

const black = (width: number, height: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
});
const red = [255, 0, 0] as const;
const EDGE = 255;
const FILL = 102;

/** Whether any pixel up to `thickness` away in a row or column is outside; beyond the picture nothing is. */
function isEdge(rows: Uint8Array, [width, height]: readonly number[], x: number, y: number, thickness: number) {
  for (let step = 1; step <= thickness; step++) {
    for (const [i, j] of [
      [x - step, y],
      [x + step, y],
      [x, y - step],
      [x, y + step],
    ]) {
      if (i >= 0 && j >= 0 && i < width && j < height && !rows[j * width + i]) return true;
    }
  }
  return false;
}

function expected(rows: Uint8Array, size: readonly number[], thickness: number): number[] {
  const [width] = size;
  return Array.from(rows, (inside, p) => {
    if (!inside) return 0;
    return isEdge(rows, size, p % width, Math.floor(p / width), thickness) ? EDGE : FILL;
  });
}

const reds = ({ data }: Image): number[] => Array.from({ length: data.length / 3 }, (_, p) => data[3 * p]);

test('every pixel of a mask is tinted once, in full where it is near a pixel outside', () => {
  const random = new Random(5);
  for (const share of [0.02, 0.5, 0.95]) {
    const size = [23, 17];
    const rows = Uint8Array.from({ length: size[0] * size[1] }, () => Number(random.uniform() < share));
    for (const thickness of [0, 1, 3]) {
      const canvas = black(size[0], size[1]);
      paintMask(canvas, rleFromRows(rows, size[1], size[0]), red, thickness);
      assert.equal(reds(canvas), expected(rows, size, thickness), `${share}, ${thickness}`);
    }
  }
});

test('a mask of everything has no outline, and one of nothing no pixel', () => {
  const all = black(6, 5);
  paintMask(all, { width: 6, height: 5, counts: Uint32Array.of(0, 30) }, red, 2);
  assert.equal(new Set(reds(all)), new Set([FILL]));
  for (const counts of [[30], [], [30, 0], [0, 0, 30]]) {
    const none = black(6, 5);
    paintMask(none, { width: 6, height: 5, counts: Uint32Array.from(counts) }, red, 2);
    assert.equal(new Set(reds(none)), new Set([0]), `${counts}`);
  }
});

test('a mask is stretched to an enlarged picture', () => {
  const rle: Rle = { width: 4, height: 3, counts: Uint32Array.of(4, 5, 3) };
  const rows = rleToRows(rle);
  const large = black(12, 9);
  paintMask(large, rle, red, 0);
  assert.equal(
    reds(large),
    Array.from({ length: 108 }, (_, p) => FILL * rows[Math.floor(p / 36) * 4 + Math.floor((p % 12) / 3)]),
  );
});

test('masks are under all boxes, the best on top', () => {
  const mask = { rle: { width: 60, height: 50, counts: Uint32Array.of(0, 3000) } };
  const box = { bbox: [10, 10, 30, 30], label: '' };
  const boxes = [
    { ...box, score: 0.9, category_id: 1, mask },
    { ...box, bbox: [20, 20, 30, 28], score: 0.4, category_id: 2, mask },
  ];
  const picture = drawBoxes(black(60, 50), boxes);
  const at = (x: number, y: number) => [...picture.data.subarray(3 * (y * 60 + x), 3 * (y * 60 + x) + 3)];
  const low = categoryColor(2).map((level) => Math.trunc(level * 0.4));
  assert.equal(
    at(55, 5),
    categoryColor(1).map((level, c) => Math.trunc(low[c] + (level - low[c]) * 0.4)),
  );
  assert.equal(at(10, 25), [...categoryColor(1)]);
  assert.equal(at(49, 35), [...categoryColor(2)]);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fillDisc, strokeLine, tint } from '../../../datasets/draw/strokes.ts';
import type { Image } from '../../../datasets/index.ts';

const black = (width: number, height: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
});
const WHITE = [255, 255, 255] as const;
const ink = ({ data }: Image) => data.reduce((sum, level) => sum + level, 0) / 3 / 255;
const at = ({ data, width }: Image, x: number, y: number) => data[3 * (y * width + x)];

test('a line covers its length times its thickness, in every direction', () => {
  for (const [dx, dy] of [
    [60, 0],
    [0, -60],
    [48, 36],
    [-36, 48],
  ]) {
    for (const thickness of [1, 2, 5]) {
      const image = black(200, 200);
      strokeLine(image, [100, 100], [100 + dx, 100 + dy], thickness, WHITE);
      const expected = 60 * thickness + Math.PI * (thickness / 2) ** 2;
      assert.ok(Math.abs(ink(image) / expected - 1) < 0.07, `${dx}, ${dy}, ${thickness}: ${ink(image)}, ${expected}`);
      // A line a pixel wide may share its ink between two.
      assert.ok(at(image, 100 + Math.trunc(dx / 2), 100 + Math.trunc(dy / 2)) > 60);
    }
  }
});

test('a disc covers its area, around its center', () => {
  const image = black(40, 40);
  fillDisc(image, [20, 15], 8, WHITE);
  assert.ok(Math.abs(ink(image) / (Math.PI * 64) - 1) < 0.02);
  assert.is(at(image, 20, 15), 255);
  assert.is(at(image, 20, 30), 0);
});

test('what lies outside the picture, or nowhere, is not drawn', () => {
  const image = black(10, 10);
  strokeLine(image, [-50, -50], [-20, -20], 3, WHITE);
  strokeLine(image, [Number.NaN, 0], [5, 5], 3, WHITE);
  strokeLine(image, [0, 0], [Number.POSITIVE_INFINITY, 5], 3, WHITE);
  fillDisc(image, [30, 5], 4, WHITE);
  assert.is(ink(image), 0);
  strokeLine(image, [-1e6, 5], [1e6, 5], 2, WHITE);
  assert.ok(Math.abs(ink(image) - 20) < 1);
});

test('a tint goes part of the way to a color', () => {
  const image = black(2, 1);
  tint(image, 1, [200, 100, 0], 0.5);
  assert.equal([...image.data], [0, 0, 0, 100, 50, 0]);
});

test.run();

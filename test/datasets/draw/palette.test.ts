import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readableOn } from '../../../datasets/draw/palette.ts';
import { categoryColor } from '../../../datasets/index.ts';

test('each of COCO’s 90 categories has a color of its own, far from its neighbors’', () => {
  const colors = Array.from({ length: 91 }, (_, id) => categoryColor(id));
  assert.is(new Set(colors.map(String)).size, 91);
  const distance = (a: number, b: number) => Math.hypot(...colors[a].map((level, c) => level - colors[b][c]));
  for (let id = 2; id < 91; id++) assert.ok(distance(id, id - 1) > 40, `${id}`);
});

test('any number is a category, and the same one always gets the same color', () => {
  for (const id of [0, -1, 1e9, 2.5, Number.NaN]) assert.is(categoryColor(id).length, 3);
  assert.equal(categoryColor(17), categoryColor(17));
});

test('text is black on light colors and white on dark ones', () => {
  assert.equal(readableOn([255, 255, 0]), [0, 0, 0]);
  assert.equal(readableOn([0, 200, 0]), [0, 0, 0]);
  assert.equal(readableOn([0, 0, 200]), [255, 255, 255]);
  assert.equal(readableOn([120, 0, 60]), [255, 255, 255]);
});

test.run();

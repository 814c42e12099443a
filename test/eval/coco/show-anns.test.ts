import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CocoAnnotation, type CocoSegmentation, categoryColor, type Image } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { COCO, mask } from '../../../eval/index.ts';

const [WIDTH, HEIGHT] = [120, 90];
const gray = (): Image => ({ width: WIDTH, height: HEIGHT, data: new Uint8Array(WIDTH * HEIGHT * 3).fill(99) });
const coco = new COCO({
  images: [{ id: 1, file_name: 'a.jpg', width: WIDTH, height: HEIGHT }],
  categories: [
    { id: 1, name: 'person', skeleton: [[1, 2]] },
    { id: 2, name: 'cat' },
  ],
  annotations: [],
});
const annotation = (fields: Partial<CocoAnnotation>): CocoAnnotation => ({
  id: 7,
  image_id: 1,
  category_id: 2,
  bbox: [20, 10, 40, 30],
  area: 1200,
  iscrowd: 0,
  ...fields,
});
const at = ({ data }: Image, x: number, y: number): number[] => [...data.subarray(3 * (y * WIDTH + x)).slice(0, 3)];
const mixed = (category: number) => categoryColor(category).map((level) => Math.trunc(99 + (level - 99) * 0.4));
const untouched = [99, 99, 99];

const polygon = [[20, 10, 60, 10, 60, 40, 20, 40]];
const rle = mask.encode({
  height: HEIGHT,
  width: WIDTH,
  data: Uint8Array.from({ length: WIDTH * HEIGHT }, (_, p) => {
    const [x, y] = [p % WIDTH, Math.floor(p / WIDTH)];
    return x >= 20 && x < 60 && y >= 10 && y < 40 ? 1 : 0;
  }),
});

for (const [kind, segmentation] of [
  ['polygons', polygon],
  ['a mask', rle],
] as readonly (readonly [string, CocoSegmentation])[]) {
  test(`${kind}: translucent inside, the full color at the edge, nothing outside, on a copy`, () => {
    const picture = gray();
    const drawn = coco.showAnns([annotation({ segmentation })], picture);
    assert.equal(at(drawn, 40, 25), mixed(2));
    const edge = at(drawn, 20, 25);
    assert.ok(
      edge.every((level, c) => Math.abs(level - categoryColor(2)[c]) < 100 && level !== mixed(2)[c]),
      `${edge}`,
    );
    for (const [x, y] of [
      [10, 25],
      [70, 25],
      [40, 5],
      [40, 50],
    ]) {
      assert.equal(at(drawn, x, y), untouched);
    }
    assert.ok(picture.data.every((level) => level === 99));
  });
}

test('a box is drawn where it is asked for, and where there is nothing else', () => {
  const inside = annotation({ segmentation: [[30, 20, 40, 20, 40, 30, 30, 30]] });
  assert.equal(at(coco.showAnns([inside], gray()), 20, 25), untouched);
  assert.is.not(at(coco.showAnns([inside], gray(), { drawBbox: true }), 20, 25).join(), untouched.join());
  const alone = coco.showAnns([annotation({})], gray());
  assert.is.not(at(alone, 20, 25).join(), untouched.join());
  assert.equal(at(alone, 40, 25), untouched);
});

test('keypoints that are labeled are drawn, and joined by the skeleton where both ends are', () => {
  const person = (v: number) =>
    coco.showAnns([annotation({ category_id: 1, keypoints: [20, 20, 2, 80, 60, v, 100, 80, 0] })], gray());
  const joined = person(1);
  const color = [...categoryColor(1)];
  assert.equal(at(joined, 20, 20), color);
  assert.equal(at(joined, 80, 60), color);
  assert.equal(at(joined, 100, 80), untouched);
  assert.is.not(at(joined, 50, 40).join(), untouched.join());
  const alone = person(0);
  assert.equal(at(alone, 50, 40), untouched);
  assert.equal(at(alone, 80, 60), untouched);
});

test('what lies partly outside the picture is cut off', () => {
  const big = annotation({ bbox: [-50, -50, 500, 500], segmentation: [[-50, -50, 500, -50, 500, 500, -50, 500]] });
  assert.equal(at(coco.showAnns([big], gray(), { drawBbox: true }), 60, 45), mixed(2));
});

test('a segmentation that does not fit is refused by the annotation’s id', () => {
  for (const [segmentation, reason] of [
    [{ ...rle, size: [WIDTH, HEIGHT] }, 'the image 120×90'],
    [{ size: [HEIGHT, WIDTH], counts: [1, 2] }, 'counts'],
    [[[1, 2, 3, 4, 5, Number.NaN]], 'NaN'],
  ] as readonly (readonly [CocoSegmentation, string])[]) {
    assert.throws(
      () => coco.showAnns([annotation({ segmentation })], gray()),
      (error: Error) =>
        error instanceof ResnetCocoError &&
        error.code === 'BAD_DATASET' &&
        error.message.includes('annotation 7') &&
        error.message.includes(reason),
    );
  }
});

test.run();

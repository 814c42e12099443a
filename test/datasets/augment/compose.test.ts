import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { copyPaste, mosaic } from '../../../datasets/augment/compose.ts';
import type { BoxedPicture } from '../../../datasets/augment/objects.ts';
import { wholeView } from '../../../datasets/augment/view.ts';
import { rleDecode } from '../../../datasets/masks/rle.ts';
import { toRle } from '../../../datasets/masks/segmentation.ts';
import { Random } from '../../../io/random.ts';

/** A dark picture with one bright rectangle, which is its object, with a mask and a keypoint in its middle. */
function picture(color: number, [left, top, right, bottom]: readonly number[], width = 40, height = 30): BoxedPicture {
  const data = new Uint8Array(width * height * 3).fill(color);
  for (let y = top; y < bottom; y++) data.fill(color + 100, (y * width + left) * 3, (y * width + right) * 3);
  const image = { width, height, data };
  return {
    image,
    view: wholeView(image),
    boxes: Float32Array.of(left, top, right, bottom),
    labels: Int32Array.of(color),
    segmentations: [[[left, top, right, top, right, bottom, left, bottom]]],
    keypoints: [[(left + right) / 2, (top + bottom) / 2, 2]],
  };
}

/** Whether each pixel in a mask is bright, and each bright one of a color is in the mask of its object. */
function assertMasksFit({ image, labels, segmentations }: BoxedPicture): void {
  for (const [object, own] of segmentations!.entries()) {
    const { height, width } = image;
    const mask = rleDecode(toRle(own!, height, width));
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y++) {
        const isBright = image.data[3 * (y * width + x)] === labels[object] + 100;
        assert.is(mask[x * height + y] === 1, isBright, `object ${object} at ${x}, ${y}`);
      }
  }
}

const boxesOf = ({ boxes }: BoxedPicture): number[][] =>
  Array.from({ length: boxes.length / 4 }, (_, i) => [...boxes.subarray(4 * i, 4 * i + 4)]);

test('a mosaic has the objects of four pictures where their pixels are', () => {
  const four = [1, 2, 3, 4].map((color) => picture(color, [12, 8, 28, 22]));
  for (let seed = 0; seed < 12; seed++) {
    const made = mosaic(four, 1000, new Random(seed));
    assert.equal([made.image.width, made.image.height], [80, 60]);
    assertMasksFit(made);
    for (const [object, [left, top, right, bottom]] of boxesOf(made).entries()) {
      assert.ok(left >= 0 && top >= 0 && right <= 80 && bottom <= 60 && right > left && bottom > top);
      const at = 3 * (Math.floor((top + bottom) / 2) * 80 + Math.floor((left + right) / 2));
      assert.is(made.image.data[at], made.labels[object] + 100, `seed ${seed}, object ${object}`);
      const [x, y, v] = Array.from(made.keypoints![object]!);
      if (v)
        assert.is(
          made.image.data[3 * (Math.min(59, Math.floor(y)) * 80 + Math.min(79, Math.floor(x)))],
          made.labels[object] + 100,
        );
    }
  }
  const reduced = mosaic(four, 20, new Random(1));
  assert.equal([reduced.image.width, reduced.image.height], [40, 30]);
});

test('pasted objects cover what is below, in pixels and in masks', () => {
  const below = picture(1, [5, 5, 25, 25]);
  const above = picture(50, [15, 5, 35, 25]);
  let pasted = 0;
  for (let seed = 0; seed < 20; seed++) {
    const made = copyPaste(below, above, new Random(seed));
    if (made === below) continue;
    pasted++;
    assert.equal([...made.labels], [1, 50]);
    assert.equal(boxesOf(made), [
      [5, 5, 25, 25],
      [15, 5, 35, 25],
    ]);
    assertMasksFit(made);
    assert.equal(Array.from(made.keypoints![1]!), [25, 15, 2]);
  }
  assert.ok(pasted > 4 && pasted < 16);
  assert.is(below.image.data[3 * (10 * 40 + 20)], 101, 'the original stays as it was');
});

test('an object that is covered is dropped; without masks, boxes are pasted', () => {
  const { keypoints: _, segmentations: __, ...below } = picture(1, [10, 10, 20, 20]);
  const { keypoints: ___, segmentations: ____, ...above } = picture(50, [9, 9, 22, 22]);
  const seed = [0, 1, 2, 3, 4, 5].find((one) => copyPaste(below, above, new Random(one)) !== below)!;
  const made = copyPaste(below, above, new Random(seed));
  assert.equal([[...made.labels], boxesOf(made)], [[50], [[9, 9, 22, 22]]]);
  assert.is(made.segmentations, undefined);
  assert.is(made.image.data[3 * (15 * 40 + 15)], 150);
});

test.run();

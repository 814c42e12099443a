import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columnsInFile, croppedView, mirroredView, rowsInFile, wholeView } from '../../../datasets/augment/view.ts';
import type { CocoSegmentation } from '../../../datasets/index.ts';
import { type ObjectMask, objectMask } from '../../../datasets/masks/object-mask.ts';
import { rleToString } from '../../../datasets/masks/rle-string.ts';
import { rleFromRows } from '../../../datasets/masks/row-major.ts';
import type { ImageSize } from '../../../datasets/public.ts';
import { fixturesDir } from '../../shared-data.ts';
import { wholeMask } from './whole-mask.ts';

const test = suite('masks of objects to train on');

interface Case extends ImageSize {
  readonly segmentations: readonly CocoSegmentation[];
  readonly crop: readonly [number, number, number, number] | null;
  readonly flip: boolean;
  readonly size: readonly [number, number];
  readonly masks: readonly string[];
}

const { cases, nearest } = JSON.parse(readFileSync(join(fixturesDir, 'training_targets.json'), 'utf8')) as {
  readonly cases: readonly Case[];
  readonly nearest: readonly (readonly [number, number, number])[];
};

const textOf = (mask: ObjectMask, size: ImageSize): string =>
  rleToString(rleFromRows(wholeMask(mask, size), size.height, size.width));

test('cropped, mirrored and resized, a mask has the pixels that torchvision gives it', () => {
  assert.is(cases.length, 24);
  for (const [number, { crop, flip, masks, segmentations, size, ...image }] of cases.entries()) {
    let view = wholeView(image);
    if (crop) view = croppedView(view, { left: crop[0], top: crop[1], width: crop[2], height: crop[3] });
    if (flip) view = mirroredView(view);
    const [height, width] = size;
    const drawn = segmentations.map((own) => textOf(objectMask(own, view, { height, width }), { height, width }));
    assert.equal(drawn, masks, `case ${number}`);
  }
});

test('the nearest lines are those of torch', () => {
  for (const [from, to, sum] of nearest) {
    const view = wholeView({ height: from, width: from });
    for (const lines of [columnsInFile(view, to), rowsInFile(view, to)]) {
      assert.is(
        lines.reduce((total, line, i) => total + (i + 1) * line, 0),
        sum,
        `${from} to ${to}`,
      );
    }
  }
});

const triangle: CocoSegmentation = [[3, 2, 30, 5, 11, 27]];
const image = { height: 31, width: 37 };

test('only the rectangle of the mask is stored, and mirroring twice changes nothing', () => {
  const view = wholeView(image);
  const mask = objectMask(triangle, view, image);
  assert.ok(mask.left === 3 && mask.width < 29 && mask.height < 27, `${mask.width}×${mask.height}`);
  assert.is(mask.data.length, mask.width * mask.height);
  assert.equal(objectMask(triangle, mirroredView(mirroredView(view)), image), mask);
  const mirrored = wholeMask(objectMask(triangle, mirroredView(view), image), image);
  const whole = wholeMask(mask, image);
  assert.ok(whole.some(Boolean));
  assert.ok(mirrored.every((value, i) => value === whole[Math.floor(i / 37) * 37 + 36 - (i % 37)]));
});

test('a crop keeps the pixels in it, also of a mirrored picture and a crop of a crop', () => {
  const whole = wholeMask(objectMask(triangle, wholeView(image), image), image);
  const part = { left: 5, top: 4, width: 19, height: 13 };
  const inner = { left: 2, top: 3, width: 11, height: 7 };
  const once = croppedView(wholeView(image), part);
  for (const [view, at] of [
    [once, (x: number, y: number) => [5 + x, 4 + y]],
    [mirroredView(once), (x: number, y: number) => [5 + 18 - x, 4 + y]],
    [croppedView(mirroredView(wholeView(image)), part), (x: number, y: number) => [36 - 5 - x, 4 + y]],
    [croppedView(mirroredView(once), inner), (x: number, y: number) => [5 + 18 - 2 - x, 4 + 3 + y]],
  ] as const) {
    const { height, width } = view.region;
    const pixels = wholeMask(objectMask(triangle, view, { height, width }), { height, width });
    for (const [i, value] of pixels.entries()) {
      const [x, y] = at(i % width, Math.floor(i / width));
      assert.is(value, whole[y * 37 + x], `${x} ${y}`);
    }
  }
});

test('a crop beside the mask, or beyond the picture, leaves nothing or what is there', () => {
  const beside = croppedView(wholeView(image), { left: 33, top: 28, width: 4, height: 3 });
  const mask = objectMask(triangle, beside, { height: 9, width: 12 });
  assert.is(mask.width * mask.height, 0);
  assert.is(mask.data.length, 0);
  const full: CocoSegmentation = { size: [31, 37], counts: [0, 31 * 37] };
  const beyond = croppedView(wholeView(image), { left: -2, top: -3, width: 45, height: 40 });
  const { data, ...place } = objectMask(full, beyond, { height: 40, width: 45 });
  assert.equal(place, { left: 2, top: 3, ...image });
  assert.ok(data.every((value) => value === 1));
});

test('a mask of another size than its image, or a malformed one, is refused', () => {
  const draw = (own: CocoSegmentation) => () => objectMask(own, wholeView(image), image);
  assert.throws(draw({ size: [37, 31], counts: [0, 31 * 37] }), /37 × 31 pixels, its image of 31 × 37/);
  assert.throws(draw({ size: [31, 37], counts: [5] }), /runs add up to 5 pixels/);
  assert.throws(draw([[1, 2, 3, 4]]), /polygon 0 has 4 numbers/);
});

test.run();

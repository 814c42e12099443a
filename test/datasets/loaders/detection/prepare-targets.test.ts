import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BoxedPicture, cropPicture } from '../../../../datasets/augment/objects.ts';
import { wholeView } from '../../../../datasets/augment/view.ts';
import { normalizedLevels } from '../../../../datasets/images/normalize.ts';
import type { CocoSegmentation, DetectionRecipe, ImageSize } from '../../../../datasets/index.ts';
import { prepareSample } from '../../../../datasets/loaders/detection/prepare.ts';
import { rleToString } from '../../../../datasets/masks/rle-string.ts';
import { rleFromRows } from '../../../../datasets/masks/row-major.ts';
import { Random } from '../../../../io/random.ts';
import { fixturesDir } from '../../../shared-data.ts';
import { wholeMask } from '../../masks/whole-mask.ts';
import { painted, randomBox } from './painted.ts';

const test = suite('masks and keypoints of prepared images');
const plain = { image_mean: [0, 0, 0], image_std: [1, 1, 1] };
const levels = normalizedLevels(plain.image_mean, plain.image_std);

interface Case extends ImageSize {
  readonly segmentations: readonly CocoSegmentation[];
  readonly keypoints: readonly number[];
  readonly crop: readonly [number, number, number, number] | null;
  readonly flip: boolean;
  readonly min_size: number;
  readonly max_size: number;
  readonly size: readonly [number, number];
  readonly masks: readonly string[];
  readonly resized_keypoints: readonly number[];
}

const { cases, flip: keypoint_hflip_indices } = JSON.parse(
  readFileSync(join(fixturesDir, 'training_targets.json'), 'utf8'),
) as { readonly cases: readonly Case[]; readonly flip: readonly number[] };

test('they are what torchvision makes of them', () => {
  for (const [number, one] of cases.entries()) {
    const { crop, flip, height, keypoints, max_size, min_size, segmentations, width } = one;
    const image = painted(width, height, []);
    let picture: BoxedPicture = {
      image,
      view: wholeView(image),
      boxes: Float32Array.of(0, 0, width, height, 0, 0, width, height),
      labels: Int32Array.of(1, 1),
      segmentations,
      keypoints: [undefined, keypoints],
    };
    if (crop) picture = cropPicture(picture, { left: crop[0], top: crop[1], width: crop[2], height: crop[3] });
    const augmentations = flip ? [{ kind: 'random_horizontal_flip', p: 1 } as const] : [];
    const recipe = { ...plain, min_size: [min_size], max_size, augmentations, keypoint_hflip_indices };
    const prepared = prepareSample(picture, recipe, levels, new Random(1));
    assert.equal([prepared.height, prepared.width], one.size, `case ${number}`);
    const texts = prepared.masks!.map((mask) =>
      rleToString(rleFromRows(wholeMask(mask!, prepared), prepared.height, prepared.width)),
    );
    assert.equal(texts, one.masks, `case ${number}`);
    assert.is(prepared.keypoints![0], undefined);
    assert.equal([...prepared.keypoints![1]!], one.resized_keypoints, `case ${number}`);
  }
});

const all: DetectionRecipe = {
  ...plain,
  min_size: [48, 64],
  max_size: 90,
  augmentations: [
    { kind: 'color_jitter', brightness: 0.2 },
    { kind: 'random_iou_crop' },
    { kind: 'random_horizontal_flip' },
  ],
  scale_jitter: { scale_range: [0.5, 3] },
  keypoint_hflip_indices: [1, 0],
};

test('masks and keypoints stay on their objects, and what is drawn by chance is the same without them', () => {
  const random = new Random(6);
  let [found, outside] = [0, 0];
  for (let seed = 0; seed < 80; seed++) {
    const [width, height] = [41 + random.integer(60), 41 + random.integer(60)];
    const boxes = [0, 1, 2].map(() => randomBox(width, height, random));
    const image = painted(width, height, []);
    const plainPicture = {
      image,
      view: wholeView(image),
      boxes: Float32Array.from(boxes.flat()),
      labels: Int32Array.of(1, 2, 3),
    };
    // Masks fill their boxes. Keypoints are the upper corners, left and right.
    const corners = ([x1, y1, x2, y2]: readonly number[]) => [x1, y1, x2, y1, x2, y2, x1, y2];
    const picture: BoxedPicture = {
      ...plainPicture,
      segmentations: [[corners(boxes[0])], undefined, [corners(boxes[2])]],
      keypoints: boxes.map(([x1, y1, x2]) => [x1, y1, 2, x2, y1, 1]),
    };
    const { keypoints, masks, ...rest } = prepareSample(picture, all, levels, new Random(seed));
    assert.equal(rest, prepareSample(plainPicture, all, levels, new Random(seed)));
    assert.is(masks!.length, rest.labels.length);
    for (const [i, label] of rest.labels.entries()) {
      const [x1, y1, x2, y2] = rest.boxes.subarray(i * 4, i * 4 + 4);
      const mask = masks![i];
      assert.is(mask === undefined, label === 2);
      if (mask) {
        const { left, top, width: w, height: h } = mask;
        // Nearest lines are up to a line of the original away from the box.
        const tolerance = 1 + Math.max(rest.height / height, rest.width / width, 3);
        for (const [a, b] of [[left, x1], [top, y1], [left + w, x2], [top + h, y2]]) assert.ok(Math.abs(a - b) <= tolerance, `${a} ${b}`); // biome-ignore format: a pair each
        assert.ok(mask.data.every((value) => value === 1));
        found++;
      }
      const [lx, ly, lv, rx, ry, rv] = keypoints![i]!;
      // Where they were not cut off, they are at the corners still: the left one left.
      if (lv) assert.ok(Math.abs(lx - x1) < 0.01 && Math.abs(ly - y1) < 0.01);
      if (rv) assert.ok(Math.abs(rx - x2) < 0.01 && Math.abs(ry - y1) < 0.01);
      if (!lv || !rv) outside++;
    }
  }
  assert.ok(found > 60 && outside > 10, `${found} ${outside}`);
});

test.run();

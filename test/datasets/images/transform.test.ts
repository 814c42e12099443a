import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { detectionSize, type ImageTransform, transformImage } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { fixturesDir } from '../../shared-data.ts';
import { largestDifference, testPicture, unpackFloats } from './test-picture.ts';

type Pair = [number, number];
const fixtures = JSON.parse(readFileSync(join(fixturesDir, 'resize.json'), 'utf8')) as {
  classification: { in: Pair; resize_size: number; crop_size: number; values: string }[];
  detection: { in: Pair; min_size: number; max_size: number; out: Pair; values: string }[];
  sizes: [number, number, number, number, number, number][];
};
const image_mean = [0.485, 0.456, 0.406];
const image_std = [0.229, 0.224, 0.225];

test('the classifier input equals torchvision: resize, crop, padding, normalization', () => {
  for (const { in: from, resize_size, crop_size, values } of fixtures.classification) {
    const transform: ImageTransform = { kind: 'classification', resize_size, crop_size, image_mean, image_std };
    const { shape, data } = transformImage(testPicture(...from), transform);
    assert.equal(shape, [crop_size, crop_size, 3]);
    assert.is(largestDifference(data, unpackFloats(values)), 0, `${from}, ${resize_size}, ${crop_size}`);
  }
});

test('the detector input equals torchvision within 6e-6: torch 2 sums in another order than torch 1', () => {
  for (const { in: from, min_size, max_size, out, values } of fixtures.detection) {
    const transform: ImageTransform = { kind: 'detection', min_size, max_size, image_mean, image_std };
    const { shape, data } = transformImage(testPicture(...from), transform);
    assert.equal(shape, [out[1], out[0], 3]);
    assert.ok(largestDifference(data, unpackFloats(values)) < 6e-6, `${from}, ${min_size}, ${max_size}`);
  }
});

test('the detector input has torchvision’s size, of today and of before', () => {
  for (const [height, width, min_size, max_size, ...expected] of fixtures.sizes) {
    assert.equal(
      detectionSize({ width, height }, { min_size, max_size, resize_arithmetic: 'float64' }),
      expected,
      `${width}×${height}`,
    );
  }
  const before = { min_size: 800, max_size: 1333 };
  assert.equal(detectionSize({ width: 500, height: 375 }, before), [799, 1066]);
  assert.equal(detectionSize({ width: 640, height: 427 }, before), [799, 1199]);
});

test('a detector’s channels from blue to red are the same pixels in that order', () => {
  const transform: ImageTransform = { kind: 'detection', min_size: 14, max_size: 60, image_mean, image_std };
  const reversed = { image_mean: image_mean.toReversed(), image_std: image_std.toReversed() };
  const rgb = transformImage(testPicture(40, 30), transform).data;
  const bgr = transformImage(testPicture(40, 30), { ...transform, ...reversed, channel_order: 'bgr' }).data;
  for (let i = 0; i < rgb.length; i += 3) {
    assert.equal([bgr[i], bgr[i + 1], bgr[i + 2]], [rgb[i + 2], rgb[i + 1], rgb[i]]);
  }
});

test('a line of pixels still has one pixel across', () => {
  assert.equal(detectionSize({ width: 10_000, height: 1 }, { min_size: 320, max_size: 533 }), [1, 532]);
});

test('without resize_size a picture of the model’s size stays as it is, and any other is made to fit', () => {
  const transform: ImageTransform = {
    kind: 'classification',
    resize_size: null,
    crop_size: 32,
    image_mean: [0, 0, 0],
    image_std: [1, 1, 1],
  };
  const picture = testPicture(32, 32);
  const levels = transformImage(picture, transform).data.map((value) => value * 255);
  assert.ok(largestDifference(levels, picture.data) < 1e-4);
  assert.equal(transformImage(testPicture(100, 50), transform).shape, [32, 32, 3]);
});

test('a long thin picture costs no more than its crop', () => {
  const transform: ImageTransform = { kind: 'classification', resize_size: 256, crop_size: 224, image_mean, image_std };
  const line = { width: 1, height: 60_000, data: new Uint8Array(180_000).fill(128) };
  const { data } = transformImage(line, transform);
  assert.is(data.length, 224 * 224 * 3);
  assert.ok(Math.abs(data[data.length - 3] - (128 / 255 - 0.485) / 0.229) < 1e-6);
});

test('settings that make no sense are refused by name', () => {
  const image = testPicture(4, 4);
  const good = { kind: 'detection', min_size: 4, max_size: 8, image_mean, image_std } as const;
  const refused: [ImageTransform, RegExp][] = [
    [{ ...good, min_size: 0 }, /min_size is 0/],
    [{ ...good, max_size: 1.5 }, /max_size is 1.5/],
    [{ ...good, image_mean: [0.5] }, /image_mean/],
    [{ kind: 'classification', resize_size: 8, crop_size: -1, image_mean, image_std }, /crop_size is -1/],
  ];
  for (const [transform, message] of refused) {
    assert.throws(
      () => transformImage(image, transform),
      (error: unknown) =>
        error instanceof ResnetCocoError && error.code === 'BAD_CONFIG' && message.test(error.message),
    );
  }
});

test.run();

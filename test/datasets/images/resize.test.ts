import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Interpolation, readImage, resizeAntialiased, resizeBilinear } from '../../../datasets/index.ts';
import { fixturesDir, projectRoot } from '../../shared-data.ts';
import { largestDifference, testPicture, unpackBytes, unpackFloats } from './test-picture.ts';

type Pair = [number, number];
const fixtures = JSON.parse(readFileSync(join(fixturesDir, 'resize.json'), 'utf8')) as {
  antialiased: { in: Pair; out: Pair; rgb: string }[];
  filters: { interpolation: Interpolation; levels: 'waves' | 'extremes'; in: Pair; out: Pair; rgb: string }[];
  photographs: { file: string; interpolation: Interpolation; out: Pair; sha256: string }[];
  bilinear: { in: Pair; out: Pair; values: string }[];
};

test('antialiased bilinear equals Pillow to the last bit, up and down', () => {
  for (const { in: from, out, rgb } of fixtures.antialiased) {
    const resized = resizeAntialiased(testPicture(...from), ...out);
    assert.is(largestDifference(resized.data, unpackBytes(rgb)), 0, `${from} -> ${out}`);
  }
});

test('bicubic and Lanczos equal Pillow to the last bit, where they overshoot, too', () => {
  for (const { in: from, interpolation, levels, out, rgb } of fixtures.filters) {
    const picture = testPicture(...from);
    if (levels === 'extremes')
      picture.data.forEach((level, i) => {
        picture.data[i] = level < 128 ? 0 : 255;
      });
    const resized = resizeAntialiased(picture, ...out, { interpolation });
    assert.is(largestDifference(resized.data, unpackBytes(rgb)), 0, `${interpolation}, ${levels}, ${from} -> ${out}`);
  }
});

test('photographs equal Pillow’s to the last bit, decoded and resized', async () => {
  for (const { file, interpolation, out, sha256 } of fixtures.photographs) {
    const image = await readImage(join(projectRoot, 'samples', file));
    const { data } = resizeAntialiased(image, ...out, { interpolation });
    const digest = createHash('sha256').update(data).digest('hex');
    assert.is(digest.slice(0, 16), sha256, `${file}, ${interpolation}, ${out}`);
  }
});

test('a region of the result is that part of the whole', () => {
  const picture = testPicture(61, 47);
  for (const [width, height] of [
    [20, 15],
    [100, 90],
  ] as Pair[]) {
    const whole = resizeAntialiased(picture, width, height);
    const region = { left: 5, top: 3, width: 9, height: 11 };
    const part = resizeAntialiased(picture, width, height, { region });
    for (let y = 0; y < region.height; y++) {
      const from = ((y + region.top) * width + region.left) * 3;
      const row = whole.data.subarray(from, from + region.width * 3);
      assert.equal(part.data.subarray(y * region.width * 3, (y + 1) * region.width * 3), row);
    }
  }
});

test('plain bilinear equals torch within 2e-6, up and down', () => {
  for (const { in: from, out, values } of fixtures.bilinear) {
    const { width, height, data } = testPicture(...from);
    const loadRow = (y: number, into: Float32Array) => {
      for (let i = 0; i < into.length; i++) into[i] = data[y * width * 3 + i] / 255;
    };
    const resized = resizeBilinear(loadRow, [height, width], [out[1], out[0]]);
    assert.ok(largestDifference(resized, unpackFloats(values)) < 2e-6, `${from} -> ${out}`);
  }
});

test('a picture of one color keeps it at any size', () => {
  const flat = { width: 7, height: 5, data: new Uint8Array(105).fill(201) };
  for (const [width, height] of [
    [1, 1],
    [3, 2],
    [50, 41],
    [7, 5],
  ]) {
    assert.ok(resizeAntialiased(flat, width, height).data.every((level) => level === 201));
    assert.ok(resizeBilinear((_, into) => into.fill(201), [5, 7], [height, width]).every((level) => level === 201));
  }
});

test.run();

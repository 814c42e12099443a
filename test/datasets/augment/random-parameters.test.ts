import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { symmetricBeta } from '../../../datasets/augment/beta.ts';
import { colorJitter } from '../../../datasets/augment/color-jitter.ts';
import { adjustBrightness, adjustContrast } from '../../../datasets/augment/enhance.ts';
import { padAndCrop } from '../../../datasets/augment/pad-and-crop.ts';
import { operations, randAugment } from '../../../datasets/augment/rand-augment.ts';
import { erase, erasedRegion } from '../../../datasets/augment/random-erasing.ts';
import { randomRegion, randomResizedCrop } from '../../../datasets/augment/random-resized-crop.ts';
import { type Image, type Region, resizeAntialiased } from '../../../datasets/index.ts';
import { Random } from '../../../io/random.ts';
import { rejects } from '../../rejects.ts';
import { fixturesDir } from '../../shared-data.ts';
import { testPicture } from '../images/test-picture.ts';

const test = suite('random parameters of augmentations');

interface Rectangles {
  readonly of: 'random_resized_crop' | 'random_erasing';
  readonly size: [number, number];
  readonly scale: [number, number];
  readonly ratio: [number, number];
  readonly mean: number[];
  readonly deviation: number[];
}
const { rectangles } = JSON.parse(gunzipSync(readFileSync(join(fixturesDir, 'augment.json.gz'))).toString('utf8')) as {
  rectangles: Rectangles[];
};

const DRAWS = 20_000;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) => {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
};

for (const { of, size, scale, ratio, ...expected } of rectangles) {
  test(`${of} of ${size}: places and sizes spread as torchvision's`, () => {
    const [width, height] = size;
    const random = new Random(3);
    const draw = (): Region | undefined =>
      of === 'random_resized_crop'
        ? randomRegion({ width, height }, { scale, ratio }, random)
        : erasedRegion(width, height, { p: 1, scale, ratio }, random);
    // Where nothing is to be erased, torchvision gives the whole picture.
    const drawn = Array.from({ length: DRAWS }, () => draw() ?? { left: 0, top: 0, width, height });
    for (const region of drawn) {
      assert.ok(region.left >= 0 && region.left + region.width <= width, JSON.stringify(region));
      assert.ok(region.top >= 0 && region.top + region.height <= height, JSON.stringify(region));
    }
    for (const [i, key] of (['left', 'top', 'width', 'height'] as const).entries()) {
      const values = drawn.map((region) => region[key]);
      const tolerance = (5 * Math.SQRT2 * expected.deviation[i]) / Math.sqrt(DRAWS) + 1e-9;
      assert.ok(Math.abs(mean(values) - expected.mean[i]) < tolerance, `${key} ${mean(values)} ${expected.mean[i]}`);
      assert.ok(Math.abs(deviation(values) - expected.deviation[i]) < 2 * tolerance, `${key} ${deviation(values)}`);
    }
  });
}

test('a resized crop is that part of the picture, resized', () => {
  const picture = testPicture(30, 20);
  for (let seed = 0; seed < 10; seed++) {
    const { left, top, width, height } = randomRegion(picture, {}, new Random(seed));
    const part = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      const from = ((y + top) * 30 + left) * 3;
      part.set(picture.data.subarray(from, from + width * 3), y * width * 3);
    }
    const found = randomResizedCrop(picture, { kind: 'random_resized_crop' }, 8, new Random(seed));
    assert.equal(found, resizeAntialiased({ width, height, data: part }, 8, 8));
  }
});

test('padding and cropping takes every place alike', async () => {
  const random = new Random(1);
  // One bright pixel tells where the crop was.
  const picture: Image = { width: 5, height: 5, data: new Uint8Array(75) };
  picture.data[(2 * 5 + 2) * 3] = 9;
  const counts = new Map<number, number>();
  for (let i = 0; i < 9000; i++) {
    const { width, height, data } = padAndCrop(picture, { kind: 'pad_and_crop', padding: 1 }, 5, random);
    assert.is(width * height * 3, data.length);
    const at = data.indexOf(9);
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  assert.is(counts.size, 9);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 160, String(count));
  const tooSmall = async () => padAndCrop(picture, { kind: 'pad_and_crop' }, 14, random);
  await rejects(tooSmall(), 'BAD_CONFIG', /14×14 from a picture of 5×5 with 4 around/);
});

test('color jitter draws its factors evenly within their range, never below 0', () => {
  const random = new Random(6);
  const gray: Image = { width: 1, height: 1, data: new Uint8Array([100, 100, 100]) };
  const levels = Array.from({ length: 5000 }, () => {
    return colorJitter(gray, { kind: 'color_jitter', brightness: 0.4 }, random).data[0];
  });
  assert.ok(Math.min(...levels) >= 60 && Math.max(...levels) <= 140);
  assert.ok(Math.abs(mean(levels) - 99.5) < 1.5, String(mean(levels)));
  assert.ok(Math.abs(deviation(levels) - 80 / Math.sqrt(12)) < 1, String(deviation(levels)));
  for (let i = 0; i < 500; i++) {
    const [level] = colorJitter(gray, { kind: 'color_jitter', brightness: 1.5 }, random).data;
    assert.ok(level <= 250);
  }
});

test('color jitter applies what it is given, in either order', () => {
  const picture = testPicture(6, 5);
  const jitter = { kind: 'color_jitter', brightness: 0.5, contrast: 0.5 } as const;
  const orders = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed);
    const steps = random.shuffle(['brightness', 'contrast']);
    let expected: Image = picture;
    for (const step of steps) {
      const factor = random.uniform(0.5, 1.5);
      expected = (step === 'brightness' ? adjustBrightness : adjustContrast)(expected, factor);
    }
    assert.equal(colorJitter(picture, jitter, new Random(seed)), expected);
    orders.add(steps.join());
  }
  assert.is(orders.size, 2);
  assert.is(colorJitter(picture, { kind: 'color_jitter' }, new Random(0)), picture, 'nothing asked, nothing done');
});

test('RandAugment applies every operation, in both directions, at its strength', () => {
  const picture = testPicture(20, 16);
  const known = new Map<string, number>();
  let total = 0;
  for (const [name, { signed, magnitude, apply }] of Object.entries(operations)) {
    for (const sign of signed ? [1, -1] : [1]) {
      const { data } = apply(picture, sign * magnitude(9, 31, picture), 'nearest');
      known.set(Buffer.from(data).toString('latin1'), 0);
      total += name === 'Identity' ? 0 : 1;
    }
  }
  const random = new Random(8);
  for (let i = 0; i < 4200; i++) {
    const { data } = randAugment(picture, { kind: 'rand_augment', num_ops: 1 }, random);
    const key = Buffer.from(data).toString('latin1');
    assert.ok(known.has(key), 'the result of no operation at magnitude 9');
    known.set(key, known.get(key)! + 1);
  }
  assert.ok(known.size >= total - 1); // equal results share a count
  assert.ok(
    [...known.values()].every((count) => count > 80 && count < 1000),
    [...known.values()].join(),
  );
  assert.is(randAugment(picture, { kind: 'rand_augment', num_ops: 0 }, random), picture);
});

test('erasing happens with its probability and sets the rectangle to 0', () => {
  const random = new Random(4);
  const regions = Array.from({ length: 4000 }, () => erasedRegion(32, 32, { p: 0.25 }, random));
  const share = regions.filter((region) => region !== undefined).length / regions.length;
  assert.ok(Math.abs(share - 0.25) < 0.03, String(share));
  const data = new Float32Array(4 * 5 * 3).fill(1);
  erase(data, 5, { left: 1, top: 2, width: 3, height: 2 });
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % 5, Math.floor(i / 15)];
    assert.is(data[i], x >= 1 && x < 4 && y >= 2 && y < 4 ? 0 : 1);
  }
});

test('the Beta distribution has its mean and variance, for small and large α', () => {
  for (const alpha of [0.05, 0.2, 1, 4]) {
    const random = new Random(2);
    const values = Array.from({ length: DRAWS }, () => symmetricBeta(alpha, random));
    assert.ok(values.every((value) => value >= 0 && value <= 1));
    assert.ok(Math.abs(mean(values) - 0.5) < 0.02, `${alpha} ${mean(values)}`);
    const expected = 1 / (4 * (2 * alpha + 1));
    assert.ok(Math.abs(deviation(values) ** 2 - expected) < 0.006, `${alpha} ${deviation(values) ** 2} ${expected}`);
  }
});

test.run();

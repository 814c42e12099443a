import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classifierTransform, type ViewOptions } from '../../backbone/classifier-transform.ts';
import { parseClassifierConfig } from '../../backbone/index.ts';
import { processorSettings } from '../../checkpoints/hub/image-processor.ts';
import { timmDescription } from '../../checkpoints/hub/timm-config.ts';
import { type Image, transformImage } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { largestDifference, testPicture, unpackFloats } from '../datasets/images/test-picture.ts';
import { fixturesDir } from '../shared-data.ts';

const test = suite('how a classifier sees an image');

type Pair = [number, number];
const fixtures = JSON.parse(readFileSync(join(fixturesDir, 'preparation.json'), 'utf8')) as {
  timm: { cfg: Record<string, unknown>; test: boolean; in: Pair; values: string }[];
  transformers: { config: object; in: Pair; values: string }[];
  squashed: { config: object; in: Pair; rows: number[]; columns: number[] };
  ten: { in: Pair; resize_size: number; crop_size: number; crops: string[] }[];
};

const NETWORK = { architecture: 'resnet18', num_classes: 10 };

/** The input of a network with these settings. */
const seen = (image: Image, settings: object, view?: ViewOptions): Float32Array =>
  transformImage(image, classifierTransform(parseClassifierConfig({ ...NETWORK, ...settings }, 'test'), view)).data;

test('as timm prepares it, by what its configuration says', () => {
  for (const { cfg, in: from, test: isTest, values } of fixtures.timm) {
    const { settings } = timmDescription({ architecture: 'resnet18', pretrained_cfg: cfg }, 'config.json');
    const data = seen(testPicture(...from), settings, isTest ? { size: 'test' } : {});
    const difference = largestDifference(data, unpackFloats(values));
    assert.ok(difference < 1e-6, `${JSON.stringify(cfg)}, ${from}: ${difference}`);
  }
});

test("as transformers' image processors prepare it", () => {
  for (const { config, in: from, values } of fixtures.transformers) {
    const data = seen(testPicture(...from), processorSettings(config, 'preprocessor_config.json'));
    const difference = largestDifference(data, unpackFloats(values));
    assert.ok(difference < 2e-6, `${JSON.stringify(config)}, ${from}: ${difference}`);
  }
});

test('from 384 pixels on, ConvNext’s processor squashes', () => {
  const { columns, config, in: from, rows } = fixtures.squashed;
  const data = seen(testPicture(...from), processorSettings(config, 'preprocessor_config.json'));
  assert.is(data.length, 384 * 384 * 3);
  const sums = [new Float64Array(384), new Float64Array(384)];
  data.forEach((value, i) => {
    sums[0][Math.floor(i / 3 / 384)] += value;
    sums[1][Math.floor(i / 3) % 384] += value;
  });
  assert.ok(largestDifference(sums[0], rows) < 1e-3);
  assert.ok(largestDifference(sums[1], columns) < 1e-3);
});

test('the ten crops are those of TenCrop', () => {
  for (const { crop_size, crops, in: from, resize_size } of fixtures.ten) {
    const normalization = { image_mean: [0.5, 0.5, 0.5], image_std: [0.25, 0.25, 0.25] };
    const data = seen(testPicture(...from), { resize_size, crop_size, ...normalization }, { crops: 10 });
    const expected = crops.map(unpackFloats);
    assert.is(data.length, 10 * crop_size * crop_size * 3);
    for (const [i, values] of expected.entries()) {
      const crop = data.subarray(i * values.length, (i + 1) * values.length);
      assert.ok(largestDifference(crop, values) < 1e-6, `${from}, crop ${i}`);
    }
  }
});

test('a picture that is smaller than its crop has only the center, and a line costs no more than its crops', () => {
  const data = seen(testPicture(9, 9), { resize_size: 6, crop_size: 8 }, { crops: 10 });
  const size = 8 * 8 * 3;
  for (let i = 1; i < 5; i++) assert.equal(data.subarray(i * size, (i + 1) * size), data.subarray(0, size));
  assert.not.equal(data.subarray(5 * size, 6 * size), data.subarray(0, size));
  const line = { width: 1, height: 60_000, data: new Uint8Array(180_000).fill(128) };
  assert.is(seen(line, {}, { crops: 10 }).length, 10 * 224 * 224 * 3);
});

test('another size keeps the crop’s share: by crop_pct, by the sizes, or as the authors tested', () => {
  const sizes = (settings: object, size: ViewOptions['size']) => {
    const config = parseClassifierConfig({ ...NETWORK, ...settings }, 'test');
    const { crop_size, resize_size } = classifierTransform(config, { size });
    return [crop_size, resize_size];
  };
  const a1 = { crop_size: 224, crop_pct: 0.95, test_crop_size: 288, test_crop_pct: 1 };
  assert.equal(sizes(a1, undefined), [224, 235]);
  assert.equal(sizes(a1, 'test'), [288, 288]);
  assert.equal(sizes(a1, 288), [288, 288]);
  assert.equal(sizes(a1, 320), [320, 336]);
  assert.equal(sizes({ ...a1, test_crop_pct: undefined }, 'test'), [288, 303]);
  assert.equal(sizes({ test_crop_pct: 1 }, 'test'), [224, 224]);
  assert.equal(sizes({}, 448), [448, 512]);
  assert.equal(sizes({ stem: 'cifar', architecture: 'resnet20' }, 64), [64, null]);
  assert.throws(
    () => sizes({}, 'test'),
    (error: unknown) =>
      error instanceof ResnetCocoError && error.code === 'USAGE' && /says no size/.test(error.message),
  );
});

test('channels from blue to red are those of the picture in that order, mean and deviation with them', () => {
  const image = testPicture(16, 16);
  const sides = { crop_size: 16, resize_size: 16 };
  const [image_mean, image_std] = [
    [0.4, 0.5, 0.6],
    [0.1, 0.2, 0.3],
  ];
  const rgb = seen(image, { ...sides, image_mean, image_std });
  const reversed = { image_mean: [0.6, 0.5, 0.4], image_std: [0.3, 0.2, 0.1] };
  const bgr = seen(image, { ...sides, ...reversed, channel_order: 'bgr' });
  for (let i = 0; i < rgb.length; i += 3) {
    assert.equal([bgr[i], bgr[i + 1], bgr[i + 2]], [rgb[i + 2], rgb[i + 1], rgb[i]]);
  }
});

test('sizes that contradict each other are refused', () => {
  const parse = (settings: object) => () => parseClassifierConfig({ ...NETWORK, ...settings }, 'model');
  assert.is(parse({ crop_pct: 0.875 })().resize_size, 256);
  assert.is(parse({ crop_pct: 0.875, resize_size: 256 })().resize_size, 256);
  for (const [settings, message] of [
    [{ crop_pct: 0.875, resize_size: 232 }, /resize_size: is 232, but .* make it 256/],
    [{ crop_pct: 1e-9 }, /crop_pct: 1e-9 makes resize_size 224000000000, more than 8192/],
    [{ crop_pct: 1.5 }, /crop_pct: must be above 0 and at most 1, is 1\.5/],
    [{ interpolation: 'nearest' }, /interpolation: must be one of.*bicubic.*is "nearest"/],
    [{ channel_order: 'grb' }, /channel_order: must be one of/],
    [{ test_crop_size: 0 }, /test_crop_size: must be a whole number/],
  ] as const) {
    assert.throws(parse(settings), (error: unknown) => message.test((error as Error).message), `${message}`);
  }
});

test.run();

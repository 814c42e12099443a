import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint, writeSafetensors } from '../../checkpoints/index.ts';
import { encodeImage, readImage } from '../../datasets/index.ts';
import { SHOWN_SCORE } from '../../detection/index.ts';
import type { Detection, EngineName } from '../../index.ts';
import { convertModel, loadClassifier, loadDetector, modelInfo, type ResnetCocoError } from '../../index.ts';
import { fixturesDir, hasShared, sharedData } from '../shared-data.ts';
import { waveDetector } from '../wave-models.ts';
import { wave } from '../waves.ts';

const test = suite('detector');
const folder = mkdtempSync(join(tmpdir(), 'detector-'));
test.after(() => rmSync(folder, { recursive: true }));

const model = join(folder, 'small.safetensors');
const file = join(folder, 'picture.png');
const [{ config }] = JSON.parse(readFileSync(join(fixturesDir, 'faster_rcnn.json'), 'utf8'));

test.before(async () => {
  const { tensors, config: parsed } = waveDetector(config);
  await writeSafetensors(model, tensors, { format: 'resnet-coco', config: JSON.stringify(parsed) });
  const data = Uint8Array.from(wave(120 * 90 * 3, 5), (value) => 128 + 120 * value);
  writeFileSync(file, await encodeImage({ width: 120, height: 90, data }, 'png'));
});

const round = (detections: readonly Detection[]) =>
  detections.map(({ bbox, label, score }) =>
    [label, score.toFixed(3), ...bbox.map((side) => side.toFixed(1))].join(' '),
  );

test('objects are in pixels of the image, named, best first, above the score asked for', async () => {
  const detector = await loadDetector(model, { threads: 1 });
  const all = { score: detector.scoreThresh };
  const objects = await detector.detect(file, all);
  assert.ok(objects.length > 5);
  for (const [i, { bbox, category_id, label, score }] of objects.entries()) {
    const [x, y, width, height] = bbox;
    assert.ok(x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= 120.001 && y + height <= 90.001);
    assert.is(label, `class ${category_id}`);
    assert.ok(i === 0 || score <= objects[i - 1].score);
  }
  const half = objects[objects.length >> 1].score;
  const better = await detector.detect(file, { score: half });
  assert.equal(round(better), round(objects.filter(({ score }) => score > half)));
  const [first, second] = await detector.detect([file, file], all);
  assert.equal(round(await detector.detect(file)), round(objects.filter((one) => one.score > SHOWN_SCORE)));
  assert.equal(round(first), round(objects));
  assert.equal(round(second), round(objects));
  await detector.dispose();
});

test('streams and broken files change nothing for the others', async () => {
  const broken = join(folder, 'broken.jpg');
  writeFileSync(broken, 'no image');
  const detector = await loadDetector(model, { threads: 2, streams: 2 });
  const all = { score: detector.scoreThresh };
  const single = round(await detector.detect(file, all));
  const seen: string[] = [];
  for await (const result of detector.detectAll([file, broken, file, file], { ...all, keepImage: true })) {
    seen.push(result.file);
    if ('error' in result) {
      assert.is(result.error.code, 'BAD_IMAGE');
      continue;
    }
    assert.equal([result.width, result.height, result.image?.width], [120, 90, 120]);
    assert.equal(round(result.detections), single);
  }
  assert.equal(seen, [file, broken, file, file]);
  await detector.dispose();
});

test('detectAll takes whatever detect takes, and says which of it each result is of', async () => {
  const detector = await loadDetector(model, { threads: 1 });
  const all = { score: detector.scoreThresh };
  const single = round(await detector.detect(file, all));
  const absent = join(folder, 'absent.png');
  const image = await readImage(file);
  const items = [pathToFileURL(file), readFileSync(file), absent, image, file];
  const names = [file, `image of ${readFileSync(file).length} bytes in memory`, absent, 'image in memory', file];
  async function* stream() {
    for (const item of items) yield item;
  }
  for (const input of [items, new Set(items), stream()]) {
    let index = 0;
    for await (const result of detector.detectAll(input, { ...all, batch: 2 })) {
      assert.is(result.index, index);
      assert.is(result.item, items[index]);
      assert.is(result.file, names[index]);
      if ('error' in result) assert.is(result.error.code, 'FILE_NOT_FOUND');
      else assert.equal([round(result.detections), result.width, result.height], [single, 120, 90]);
      index++;
    }
    assert.is(index, items.length);
  }
  for (const one of [file, pathToFileURL(file), readFileSync(file), image]) {
    const results = [];
    for await (const result of detector.detectAll(one, all)) results.push(result);
    assert.is(results.length, 1, 'a path is not taken for its letters, nor bytes for numbers');
    assert.ok('detections' in results[0] && results[0].item === one);
  }
  const many = await detector.detect(new Set([file, image]), all);
  assert.equal(many.map(round), [single, single]);
  await detector.dispose();
});

test('a checkpoint without configuration is told by its tensors, also under the names of older torchvisions', async () => {
  const { tensors } = waveDetector(config);
  const old = new Map(
    [...tensors].map(([name, tensor]) => [
      name.replace(/(_blocks\.\d)\.0\./, '$1.').replace('conv.0.0.', 'conv.'),
      tensor,
    ]),
  );
  const path = join(folder, 'old.safetensors');
  await writeSafetensors(path, old);
  const info = await modelInfo(path);
  assert.ok('config' in info && info.config?.backbone === 'resnet18' && info.config.fpn_out_channels === 16);
  const converted = join(folder, 'converted.safetensors');
  await convertModel(path, converted, { config, half: true });
  const checkpoint = await openCheckpoint(converted);
  assert.ok(checkpoint.tensors.has('rpn.head.conv.0.0.weight'));
  assert.is(checkpoint.tensors.get('backbone.fpn.inner_blocks.0.0.bias')?.dtype, 'F16');
  checkpoint.close();
  const [ours, converted16] = [await loadDetector(model), await loadDetector(converted)];
  const [a, b] = [await ours.detect(file, { score: 0 }), await converted16.detect(file, { score: 0 })];
  assert.ok(Math.abs(a[0].score - b[0].score) < 0.02);
  await Promise.all([ours.dispose(), converted16.dispose()]);
});

test('detectors and classifiers are not taken for one another', async () => {
  for (const attempt of [
    loadClassifier(model),
    convertModel(model, join(folder, 'x'), { config: { architecture: 'resnet18', num_classes: 5 } }),
  ]) {
    await attempt.then(
      () => assert.unreachable('it loaded'),
      (error: ResnetCocoError) => assert.is(error.code, 'BAD_MODEL'),
    );
  }
  assert.not.ok(readdirSync(folder).includes('x'));
});

test('loading, detecting and disposing again and again holds on to nothing', async () => {
  const cycle = async () => {
    const detector = await loadDetector(model, { threads: 1 });
    await detector.detect(file);
    await detector.dispose();
    globalThis.gc?.();
  };
  /** The least memory after any of five rounds: what is freed late does not count. */
  const leastOfFive = async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      await cycle();
      least = Math.min(least, process.memoryUsage().rss);
    }
    return least;
  };
  // The first rounds fill caches and arenas, until memory stays level.
  for (let i = 0; i < 8; i++) await cycle();
  const [memory, tensors] = [await leastOfFive(), tf.memory().numTensors];
  const grown = ((await leastOfFive()) - memory) / 2 ** 20;
  assert.is(tf.memory().numTensors, tensors);
  assert.ok(grown < 100, `${grown.toFixed(0)} MB more`);
});

/** Compares two engines on the shared detector and a photograph. */
async function enginesAgree(engine: EngineName): Promise<void> {
  const directory = join(sharedData, 'detector');
  const self = join(folder, 'shared.safetensors');
  await convertModel(join(directory, 'detector.safetensors'), self, {
    config: JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')),
  });
  const photograph = join(sharedData, 'coco-mini', 'val', 'images', '000000011051.jpg');
  const [ours, other] = [await loadDetector(self), await loadDetector(self, { engine })];
  const [expected, objects] = [
    await ours.detect(photograph, { score: 0.05 }),
    await other.detect(photograph, { score: 0.05 }),
  ];
  assert.is(objects.length, expected.length);
  for (const [i, { bbox, label, score }] of objects.entries()) {
    assert.is(label, expected[i].label);
    assert.ok(Math.abs(score - expected[i].score) < 1e-4, `${score}, not ${expected[i].score}`);
    bbox.forEach((side, k) => {
      assert.ok(Math.abs(side - expected[i].bbox[k]) < 0.05);
    });
  }
  await Promise.all([ours.dispose(), other.dispose()]);
}

const hasDetector = hasShared('detector', 'coco-mini');
(hasDetector ? test : test.skip)('wasm agrees with the compiled engine on the shared detector', () =>
  enginesAgree('wasm'),
);

(hasDetector ? test : test.skip)('the shared detector finds what torchvision finds', async () => {
  const directory = join(sharedData, 'detector');
  const self = join(folder, 'expected.safetensors');
  const settings = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
  await convertModel(join(directory, 'detector.safetensors'), self, { config: settings });
  const expected: { image_id: number; category_id: number; bbox: number[]; score: number }[] = JSON.parse(
    readFileSync(join(directory, 'expected-val.json'), 'utf8'),
  );
  const detector = await loadDetector(self);
  let [found, wanted] = [0, 0];
  for (const id of [2149, 3553, 11051, 24243]) {
    const path = join(sharedData, 'coco-mini', 'val', 'images', `${String(id).padStart(12, '0')}.jpg`);
    const objects = await detector.detect(path, { score: detector.scoreThresh });
    for (const { bbox, category_id, score } of expected.filter((e) => e.image_id === id && e.score > 0.1)) {
      wanted++;
      const match = objects.some(
        (object) =>
          object.category_id === category_id &&
          Math.abs(object.score - score) < 1e-3 &&
          object.bbox.every((side, k) => Math.abs(side - bbox[k]) < 0.1),
      );
      if (match) found++;
    }
  }
  await detector.dispose();
  assert.ok(found / wanted >= 0.99, `${found} of ${wanted}`);
});

test.run();

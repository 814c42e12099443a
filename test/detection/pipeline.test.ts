import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadClassifier, loadDetector, pipeline, ResnetCocoError } from 'resnet-coco';
import { readImage } from 'resnet-coco/datasets';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from '../shared-data.ts';

const model = (name: string): string => join(projectRoot, 'models', `${name}.safetensors`);
const [cat, astronaut] = ['cat.jpg', 'astronaut.jpg'].map((name) => join(projectRoot, 'samples', name));
const one = { threads: 1 };

test('image-classification: labels and scores, five unless top_k says otherwise, an array for an array', async () => {
  const pipe = await pipeline('image-classification', model('cifar10-resnet20'), one);
  const classifier = await loadClassifier(model('cifar10-resnet20'), one);
  const expected = (await classifier.classify(cat, { top: 10 })).map(({ label, probability }) => ({
    label,
    score: probability,
  }));
  assert.equal(await pipe(cat), expected.slice(0, 5));
  assert.equal(await pipe(cat, { top_k: 2 }), expected.slice(0, 2));
  for (const all of [0, null, 1000]) assert.equal(await pipe(cat, { top_k: all }), expected);
  const sources = [cat, pathToFileURL(cat), readFileSync(cat), new Uint8Array(readFileSync(cat)), await readImage(cat)];
  assert.equal(
    await pipe(sources, { top_k: 1 }),
    sources.map(() => expected.slice(0, 1)),
  );
  for (const source of sources) assert.equal(await pipe(source, { top_k: 1 }), expected.slice(0, 1));
  assert.equal(await pipe([cat], { top_k: 1 }), [expected.slice(0, 1)]);
  assert.equal(await pipe([]), []);
  await classifier.dispose();
  await pipe.dispose();
  const code = await pipe(cat).then(
    () => 'none',
    (error: ResnetCocoError) => error.code,
  );
  assert.is(code, 'DISPOSED');
});

test('object-detection: corners in whole pixels or shares of the image', async () => {
  const pipe = await pipeline('object-detection', model('coco-mini-resnet18-fpn'), one);
  const detector = await loadDetector(model('coco-mini-resnet18-fpn'), one);
  const detections = await detector.detect(astronaut, { score: 0.3 });
  assert.ok(detections.length > 0);
  const { height, width } = await readImage(astronaut);
  const corners = detections.map(({ bbox: [x, y, w, h] }) => [x, y, x + w, y + h]);
  const found = await pipe(astronaut, { threshold: 0.3 });
  assert.equal(Object.keys(found[0]), ['score', 'label', 'box']);
  assert.equal(
    found,
    detections.map(({ label, score }, i) => {
      const [xmin, ymin, xmax, ymax] = corners[i].map(Math.trunc);
      return { score, label, box: { xmin, ymin, xmax, ymax } };
    }),
  );
  const [shares] = await pipe([astronaut], { threshold: 0.3, percentage: true });
  for (const [i, { box }] of shares.entries()) {
    const [xmin, ymin, xmax, ymax] = corners[i];
    assert.equal(box, { xmin: xmin / width, ymin: ymin / height, xmax: xmax / width, ymax: ymax / height });
  }
  const sure = detections.filter(({ score }) => score > Math.fround(0.9)).length;
  assert.ok(sure > 0 && sure < (await pipe(astronaut, { threshold: 0 })).length);
  assert.is((await pipe(astronaut)).length, sure);
  const both = await pipe([astronaut, cat], { threshold: 0.3 });
  assert.equal(both, [found, await pipe(cat, { threshold: 0.3 })]);
  await detector.dispose();
  await pipe.dispose();
});

test('image-feature-extraction: a tensor, channels first; with pool the embedding; a batch is one tensor', async () => {
  const pipe = await pipeline('image-feature-extraction', model('cifar10-resnet20'), one);
  const classifier = await loadClassifier(model('cifar10-resnet20'), one);
  const map = (await classifier.features(cat))[2];
  const features = await pipe(cat);
  assert.is(features.type, 'float32');
  assert.equal(features.dims, [1, 64, 8, 8]);
  assert.is(features.size, 64 * 8 * 8);
  for (const [channel, row, column] of [
    [0, 0, 0],
    [5, 2, 7],
    [63, 7, 1],
  ]) {
    assert.is(features.data[(channel * 8 + row) * 8 + column], map.data[(row * 8 + column) * 64 + channel]);
  }
  const pooled = await pipe(cat, { pool: true });
  assert.equal([pooled.dims, pooled.data], [[1, 64], await classifier.embed(cat)]);
  const both = await pipe([astronaut, cat], { pool: true });
  assert.equal(both.dims, [2, 64]);
  assert.equal(both.data.slice(64), pooled.data);
  const maps = await pipe([cat, astronaut]);
  assert.equal(maps.dims, [2, 64, 8, 8]);
  assert.equal(maps.data.slice(0, features.size), features.data);
  assert.is((await pipe([])).size, 0);
  await classifier.dispose();
  await pipe.dispose();
});

async function refused(use: () => Promise<unknown>, code: string, message: RegExp): Promise<void> {
  try {
    await use();
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, code, (error as Error).message);
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable(`${message}`);
}

test('unknown tasks and options are refused with the known ones', async () => {
  const call = (task: unknown, ...others: unknown[]) => Reflect.apply(pipeline, undefined, [task, ...others]);
  const known = /there is no task .*; known are image-classification, object-detection, image-feature-extraction$/;
  await refused(() => call('text-generation'), 'USAGE', known);
  await refused(() => call('toString'), 'USAGE', known);
  await refused(() => call(undefined), 'USAGE', known);
  await refused(() => call('object-detect'), 'USAGE', /did you mean 'object-detection'\?/);
  await refused(() => call('object-detection', 'x', { device: 'gpu' }), 'USAGE', /no option `device`/);
  await refused(() => call('object-detection', model('cifar10-resnet20')), 'BAD_MODEL', /classifier/);
  const pipe = await pipeline('image-classification', model('cifar10-resnet20'), one);
  const use = (...given: unknown[]) => Reflect.apply(pipe, undefined, given);
  await refused(() => use(cat, { topk: 5 }), 'USAGE', /no option `topk`; did you mean `top_k`\?/);
  await refused(() => use(cat, { top_k: -1 }), 'USAGE', /`top_k` must be a whole number from 0, is -1/);
  await refused(() => use(cat, 5), 'USAGE', /options must be an object, is 5/);
  await refused(() => use('absent.jpg'), 'FILE_NOT_FOUND', /absent\.jpg/);
  await refused(() => use('https://example.org/cat.jpg'), 'FILE_NOT_FOUND', /fetch it first/);
  await pipe.dispose();
  const detect = await pipeline('object-detection', model('bccd-resnet18-fpn'), one);
  await refused(
    () => Reflect.apply(detect, undefined, [cat, { threshold: 2 }]),
    'USAGE',
    /`threshold` must be a number from 0 to 1, is 2/,
  );
  await detect.dispose();
});

test.run();

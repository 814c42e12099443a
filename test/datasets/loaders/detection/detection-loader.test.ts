import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkDetectionRecipe,
  type DetectionBatch,
  DetectionLoader,
  type DetectionLoaderOptions,
  type DetectionSample,
} from '../../../../datasets/index.ts';
import { Random } from '../../../../io/random.ts';
import { rejects } from '../../../rejects.ts';
import { brightBox, paintedSamples } from './painted.ts';

const test = suite('loader of pictures with objects');
const root = mkdtempSync(join(tmpdir(), 'detection-loader-'));
test.after(() => rmSync(root, { recursive: true }));

const samples = await paintedSamples(root, 11, new Random(1));
const recipe = {
  augmentations: [{ kind: 'random_iou_crop' }, { kind: 'random_horizontal_flip' }],
  min_size: [32, 40],
  max_size: 80,
  image_mean: [0, 0, 0],
  image_std: [1, 1, 1],
} as const;

async function batches(
  list: readonly DetectionSample[],
  changes: Partial<DetectionLoaderOptions> = {},
  epoch = 0,
  from = 0,
): Promise<DetectionBatch[]> {
  const loader = new DetectionLoader(list, { recipe, batch: 2, seed: 7, workers: 1, ...changes });
  try {
    const all: DetectionBatch[] = [];
    for await (const batch of loader.epoch(epoch, { from })) all.push(batch);
    return all;
  } finally {
    await loader.close();
  }
}

test('an epoch: as many batches as images make, of like shapes, objects under their boxes', async () => {
  const all = await batches(samples);
  assert.equal(
    all.map(({ images, number }) => [number, images.length]),
    [0, 1, 2, 3, 4].map((number) => [number, 2]),
  );
  for (const { images } of all) {
    const shapes = new Set(images.map(({ index }) => index % 3));
    assert.is(shapes.size, 1);
    for (const image of images) {
      assert.is(image.file, samples[image.index].file);
      assert.equal([...image.labels], [1 + (image.index % 2)]);
      const found = brightBox(image, 0, 0.62)!;
      for (const [side, value] of image.boxes.entries()) assert.ok(Math.abs(value - found[side]) <= 4, `${found}`);
    }
  }
});

test('threads and where an epoch is taken up change nothing; the epoch and the seed do', async () => {
  const all = await batches(samples, {}, 3);
  assert.equal(await batches(samples, { workers: 2, ahead: 4 }, 3), all);
  assert.equal(await batches(samples, {}, 3, 3), all.slice(3));
  assert.not.equal(await batches(samples, {}, 4), all);
  assert.not.equal(await batches(samples, { seed: 8 }, 3), all);
});

test('images that cannot be read or are of another size are named once, and others take their places', async () => {
  const bad = join(root, 'bad.png');
  writeFileSync(bad, 'no picture');
  const list = samples.map((sample, i) =>
    i === 0 ? { ...sample, file: bad } : i === 1 ? { ...sample, width: 9 } : sample,
  );
  const problems: string[] = [];
  const onProblem = ({ message }: Error) => void problems.push(message);
  const all = await batches(list, { batch: 1, onProblem });
  assert.is(all.length, 11);
  assert.ok(all.every(({ images }) => images.length === 1 && images[0].index > 1));
  assert.is(problems.length, 2);
  assert.match(problems.sort().join('\n'), /1\.png: 32×48 pixels, 9×48 as annotated.*\n.*bad\.png: /);
  assert.equal(await batches(list, { batch: 1, workers: 2 }), all);
  await rejects(batches([list[0], list[1]]), 'BAD_DATASET', /none of the 2 images can be read/);
});

test('what makes no sense is refused', async () => {
  await rejects(batches(samples.slice(0, 1)), 'BAD_DATASET', /1 images with objects make no batch of 2/);
  await rejects(batches([]), 'BAD_DATASET', /0 images/);
  const refused = (changes: object, pattern: RegExp) =>
    rejects((async () => checkDetectionRecipe({ ...recipe, ...changes }))(), 'BAD_CONFIG', pattern);
  await refused({ min_size: [] }, /min_size is \[\]: must have a size/);
  await refused({ min_size: [100] }, /max_size 80 is less than min_size 100/);
  await refused({ scale_jitter: { scale_range: [2, 1] } }, /scale_jitter\.scale_range is \[2,1\]/);
  await refused({ augmentations: [{ kind: 'random_iou_crop', scale: [0.3, 2] }] }, /must not exceed 1/);
  await refused({ augmentations: [{ kind: 'mirror' }] }, /kind/);
});

test('an epoch that is left, and a loader that is closed', async () => {
  const loader = new DetectionLoader(samples, { recipe, batch: 2, workers: 1 });
  for await (const _ of loader.epoch(0)) break;
  const controller = new AbortController();
  let count = 0;
  for await (const _ of loader.epoch(0, { signal: controller.signal })) if (++count === 2) controller.abort();
  assert.is(count, 2);
  await loader.close();
  await rejects(loader.epoch(0).next(), 'DISPOSED', /loader is closed/);
});

test.run();

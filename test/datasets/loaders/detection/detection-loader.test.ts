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

/** Each box as a mask, and its upper corners as keypoints; every third object has neither. */
const withTargets = samples.map((sample, i): DetectionSample => {
  const [x1, y1, x2, y2] = sample.boxes;
  const isPlain = i % 3 === 0;
  return {
    ...sample,
    segmentations: [isPlain ? undefined : [[x1, y1, x2, y1, x2, y2, x1, y2]]],
    keypoints: [isPlain ? undefined : [x1, y1, 2, x2, y1, 1]],
  };
});

test('masks and keypoints come from the threads with their objects; images and boxes are as without them', async () => {
  const exchanging = { ...recipe, keypoint_hflip_indices: [1, 0] };
  const all = await batches(withTargets, { recipe: exchanging, workers: 2 }, 3);
  assert.equal(await batches(withTargets, { recipe: exchanging, workers: 1 }, 3), all);
  const plain = await batches(samples, {}, 3);
  let masked = 0;
  for (const [number, { images }] of all.entries()) {
    for (const [at, { keypoints, masks, ...image }] of images.entries()) {
      assert.equal(image, plain[number].images[at]);
      assert.is(masks!.length, image.labels.length);
      for (const [object, mask] of masks!.entries()) {
        const points = keypoints![object];
        assert.is(mask === undefined, image.index % 3 === 0);
        assert.is(points === undefined, image.index % 3 === 0);
        if (!mask || !points) continue;
        masked++;
        assert.ok(mask.data.length > 0 && mask.data.every((value) => value === 1));
        // The mask shines through where the image is red.
        const seen = brightBox(image, 0, 0.62)!;
        const drawn = [mask.left, mask.top, mask.left + mask.width, mask.top + mask.height];
        for (const [side, value] of drawn.entries()) assert.ok(Math.abs(value - seen[side]) <= 4, `${drawn} ${seen}`);
        if (points[2]) assert.ok(Math.abs(points[0] - image.boxes[object * 4]) < 0.01);
        if (points[5]) assert.ok(Math.abs(points[3] - image.boxes[object * 4 + 2]) < 0.01);
      }
    }
  }
  assert.ok(masked >= 4);
});

test('a mask that cannot be drawn makes its image a problem; keypoints must fit the recipe', async () => {
  const list = withTargets.map((sample, i) =>
    i === 1 ? { ...sample, segmentations: [{ size: [1, 1] as const, counts: [1] }] } : sample,
  );
  const exchanging = { ...recipe, keypoint_hflip_indices: [1, 0] };
  const problems: string[] = [];
  const onProblem = ({ message }: Error) => void problems.push(message);
  const all = await batches(list, { batch: 1, recipe: exchanging, onProblem });
  assert.ok(all.every(({ images }) => images[0].index !== 1));
  assert.match(problems.join('\n'), /1\.png: a segmentation cannot be drawn: the mask is of 1 × 1 pixels/);
  await rejects(batches(withTargets), 'BAD_CONFIG', /keypoint_hflip_indices is missing/);
  const still = { ...recipe, augmentations: [] };
  assert.is((await batches(withTargets, { recipe: still })).length, 5);
  const three = { ...recipe, keypoint_hflip_indices: [1, 0, 2] };
  await rejects(batches(withTargets, { recipe: three }), 'BAD_DATASET', /object 0 are 6 numbers; the recipe has 3/);
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
  await refused(
    { keypoint_hflip_indices: [1, 2, 0] },
    /keypoint_hflip_indices is .*: must exchange keypoints in pairs/,
  );
  await refused({ keypoint_hflip_indices: [0, 5] }, /must exchange keypoints in pairs/);
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

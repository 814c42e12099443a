import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ClassificationTransform,
  type ImageSource,
  Loader,
  type LoaderOptions,
  readImage,
  type TrainingRecipe,
  transformImage,
} from '../../../../datasets/index.ts';
import { rejects } from '../../../rejects.ts';
import { projectRoot } from '../../../shared-data.ts';
import { testPicture } from '../../images/test-picture.ts';
import { batchesOf, collect, datasetOf, digest, jpegFolder, normalization, pixels, wildRecipe } from './loader-data.ts';

const test = suite('loader');
const root = mkdtempSync(join(tmpdir(), 'loader-'));
test.after(() => rmSync(root, { recursive: true }));

const cropAndFlip: TrainingRecipe = {
  kind: 'training',
  size: 12,
  augmentations: [{ kind: 'pad_and_crop' }, { kind: 'random_horizontal_flip' }],
  ...normalization,
};
const evaluation: ClassificationTransform = {
  kind: 'classification',
  resize_size: 16,
  crop_size: 12,
  ...normalization,
};
const PICTURE = 12 * 12 * 3;
const jpegs = await jpegFolder(join(root, 'jpegs'), 14);

test('batches are the same with any number of threads, bit by bit', async () => {
  const several = [{ workers: 1 }, { workers: 3 }];
  for (const [dataset, ways] of [
    [jpegs, several],
    [pixels(14), [...several, { workers: 2, ahead: 1 }]],
  ] as const) {
    const options: LoaderOptions = { recipe: wildRecipe, batch: 4, seed: 5 };
    const [one, ...others] = await Promise.all(ways.map((way) => batchesOf(dataset, { ...options, ...way }, 3)));
    assert.equal(
      one.map(({ number, image, target }) => [number, image.shape, target.shape]),
      [4, 4, 4, 2].map((n, number) => [number, [n, 12, 12, 3], [n, dataset.classes.length]]),
    );
    for (const other of others) assert.equal(digest(other), digest(one));
  }
});

test('an epoch can be taken up anywhere', async () => {
  const options: LoaderOptions = { recipe: wildRecipe, batch: 4, seed: 1, workers: 1 };
  const whole = digest(await batchesOf(jpegs, options, 2));
  const later = new Loader(jpegs, { ...options, workers: 2 });
  for (const from of [3, 1, 4, 0]) assert.equal(digest(await collect(later.epoch(2, { from }))), whole.slice(from));
  await later.close();
});

test('epochs and seeds differ, in order and in augmentation', async () => {
  const orders = new Set<string>();
  const pictures = new Set<string>();
  for (const [seed, epoch] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [-1, 0],
  ]) {
    const [{ image, labels, indices }] = await batchesOf(pixels(20), { recipe: cropAndFlip, batch: 20, seed }, epoch);
    assert.equal(
      [...indices].sort((a, b) => a - b),
      [...Array(20).keys()],
    );
    assert.equal(
      labels,
      indices.map((index) => index % 3),
    );
    orders.add(indices.join());
    const at = indices.indexOf(7) * PICTURE;
    pictures.add(image.data.subarray(at, at + PICTURE).join());
  }
  assert.is(orders.size, 4);
  assert.is(pictures.size, 4);
});

test('targets tell the labels; mixed ones are shares that sum to 1', async () => {
  for (const { target, labels } of await batchesOf(pixels(20), { recipe: cropAndFlip, batch: 8 })) {
    const expected = Array.from(labels, (label) => [0, 1, 2].map((k) => (k === label ? 1 : 0)));
    assert.equal([...target.data], expected.flat());
  }
  for (const { target } of await batchesOf(pixels(40), { recipe: wildRecipe, batch: 8 })) {
    for (let i = 0; i < 8; i++) {
      const shares = [...target.data.subarray(i * 3, i * 3 + 3)];
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share) - 1) < 1e-6, shares.join());
      assert.ok(
        shares.every((share) => share > 0.033 && share < 0.934),
        shares.join(),
      );
    }
  }
});

test('evaluation gives every image in order, as transformImage does', async () => {
  const batches = await batchesOf(jpegs, { recipe: evaluation, batch: 4, seed: 9, workers: 1 }, 1);
  assert.equal(
    batches.flatMap(({ indices }) => [...indices]),
    [...Array(14).keys()],
  );
  for (const { image, labels, indices } of batches) {
    for (const [i, index] of indices.entries()) {
      const expected = transformImage(await readImage(jpegs.image(index)), evaluation);
      assert.equal(image.data.slice(i * PICTURE, (i + 1) * PICTURE), expected.data);
      assert.is(labels[i], jpegs.label(index));
    }
  }
});

test('pixels keep apart, whatever the sizes of the pictures', async () => {
  const sizes = [12, 30, 17, 12, 25];
  const various = datasetOf(5, (index) => testPicture(sizes[index], sizes[4 - index]));
  const [{ image }] = await batchesOf(various, { recipe: evaluation, batch: 5 });
  for (const index of sizes.keys()) {
    const expected = transformImage(testPicture(sizes[index], sizes[4 - index]), evaluation);
    assert.equal(image.data.slice(index * PICTURE, (index + 1) * PICTURE), expected.data);
  }
});

test('paths, URLs and bytes of a file are alike', async () => {
  const path = jpegs.nameOf(3);
  const sources: ImageSource[] = [path, pathToFileURL(path), pathToFileURL(path).href, readFileSync(path)];
  const [{ image }] = await batchesOf(
    datasetOf(4, (index) => sources[index]),
    { recipe: evaluation, batch: 4, workers: 1 },
  );
  const { data } = transformImage(await readImage(path), evaluation);
  for (let i = 0; i < 4; i++) assert.equal(image.data.slice(i * PICTURE, (i + 1) * PICTURE), data);
});

test('what a recipe cannot do with a picture is its error, not the picture’s', async () => {
  const unsized = { ...cropAndFlip, augmentations: [] };
  await rejects(
    batchesOf(jpegs, { recipe: unsized, batch: 2, workers: 1 }),
    'BAD_CONFIG',
    /is left where size is 12; add/,
  );
  assert.is((await batchesOf(pixels(4), { recipe: unsized, batch: 2 })).length, 2);
  const tooLarge = { ...cropAndFlip, size: 90 };
  await rejects(batchesOf(pixels(4), { recipe: tooLarge, batch: 2 }), 'BAD_CONFIG', /90×90/);
});

test('numbers that make no sense are refused', async () => {
  const make = async (options: Partial<LoaderOptions>) =>
    new Loader(pixels(4), { recipe: cropAndFlip, batch: 2, ...options }).close();
  for (const name of ['batch', 'workers', 'ahead']) {
    for (const value of [0, 1.5, Number.NaN]) await rejects(make({ [name]: value }), 'USAGE', RegExp(`${name} is`));
  }
  await rejects(make({ seed: 0.5 }), 'USAGE', /seed is 0.5/);
  await rejects(make({ cache: root, cacheSide: 0 }), 'USAGE', /cacheSide is 0/);
  await rejects(make({ batch: 5, dropLast: true }), 'BAD_DATASET', /4 images make no batch of 5/);
  const loader = new Loader(pixels(4), { recipe: cropAndFlip, batch: 2 });
  await rejects(loader.epoch(-1).next(), 'USAGE', /epoch is -1/);
  await rejects(loader.epoch(0, { from: 3 }).next(), 'USAGE', /from is 3; expected a whole number, 0 to 2/);
  await loader.close();
});

test('data sets that make no sense are refused', async () => {
  const load = async (first: ImageSource, second: ImageSource) =>
    batchesOf(
      datasetOf(2, (index) => (index ? second : first)),
      { recipe: wildRecipe, batch: 2, workers: 1 },
    );
  const picture = testPicture(12, 12);
  await rejects(load(picture, 'a.jpg'), 'BAD_DATASET', /#1: not decoded as the first/);
  await rejects(load(jpegs.nameOf(0), picture), 'BAD_DATASET', /#1: pixels, unlike the first/);
  await rejects(load(picture, { width: 9, height: 9, data: new Uint8Array(3) }), 'BAD_IMAGE', /9×9 needs 243/);
});

test('no more batches are made ahead than allowed', async () => {
  let taken = 0;
  const counting = datasetOf(40, (index) => {
    taken++;
    return jpegs.nameOf(index % 14);
  });
  const loader = new Loader(counting, { recipe: wildRecipe, batch: 2, workers: 2, ahead: 3 });
  let given = 0;
  for await (const _ of loader.epoch(0)) {
    given++;
    await new Promise((settle) => setTimeout(settle, 5));
    assert.ok(taken - 1 <= (given + 3) * 2, `${taken} images for ${given} batches`); // one told what kind they are
  }
  assert.is(given, 20);
  await loader.close();
});

test('leaving the loop, an abort and closing end the work', async () => {
  const loader = new Loader(jpegs, { recipe: wildRecipe, batch: 1, workers: 2, ahead: 5 });
  for await (const { number } of loader.epoch(0)) if (number === 2) break;
  const controller = new AbortController();
  const { signal } = controller;
  const seen: number[] = [];
  for await (const { number } of loader.epoch(0, { signal })) {
    seen.push(number);
    if (number === 3) controller.abort();
  }
  assert.equal(seen, [0, 1, 2, 3]);
  assert.equal(await collect(loader.epoch(0, { signal })), []);
  assert.is((await collect(loader.epoch(0))).length, 14, 'it goes on working');
  const running = loader.epoch(1);
  await running.next();
  await loader.close();
  await rejects(collect(running), 'DISPOSED', /loader is closed/);
  await rejects(loader.epoch(0).next(), 'DISPOSED', /loader is closed/);
  await loader.close();
});

test('an abort ends a wait for a batch', async () => {
  const loader = new Loader(pixels(1000, 64), { recipe: { ...wildRecipe, size: 64 }, batch: 1000 });
  const controller = new AbortController();
  const waiting = loader.epoch(0, { signal: controller.signal }).next();
  setTimeout(() => controller.abort(), 100);
  assert.equal(await waiting, { done: true, value: undefined }); // the batch takes many times as long
  await loader.close();
});

test('epochs under way at once do not disturb one another', async () => {
  const loader = new Loader(pixels(30), { recipe: wildRecipe, batch: 4, workers: 2 });
  const together = await Promise.all([0, 1, 0].map((epoch) => collect(loader.epoch(epoch))));
  assert.equal(digest(together[0]), digest(together[2]));
  assert.equal(digest(together[1]), digest(await collect(loader.epoch(1))));
  await loader.close();
});

test('batches that were consumed are forgotten', async () => {
  const loader = new Loader(pixels(600, 64), { recipe: { ...cropAndFlip, size: 64 }, batch: 10 });
  // The least of several, since a batch or two may be on their way.
  const used = () => {
    global.gc?.();
    return process.memoryUsage().arrayBuffers / 2 ** 20;
  };
  const early: number[] = [];
  const late: number[] = [];
  for await (const { number } of loader.epoch(0)) {
    if (number >= 20 && number < 30) early.push(used());
    if (number >= 50) late.push(used());
  }
  await loader.close();
  const growth = Math.min(...late) - Math.min(...early);
  assert.ok(growth < 5, `${growth} MiB more`); // 14 MiB of batches came in between
});

test('a loader that nobody closes does not keep the process alive', () => {
  const index = pathToFileURL(join(projectRoot, 'dist', 'datasets', 'index.js')).href;
  const source = `import { Loader, openClassificationDataset } from ${JSON.stringify(index)};
    const dataset = await openClassificationDataset(${JSON.stringify(`imagefolder:${join(root, 'jpegs')}`)});
    const loader = new Loader(dataset, { recipe: ${JSON.stringify(wildRecipe)}, batch: 2, workers: 2 });
    const epoch = loader.epoch(0);
    console.log((await epoch.next()).value.image.shape.join());`;
  const flags = ['--input-type=module', '-e', source];
  const printed = execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 60_000 });
  assert.is(printed.trim(), '2,12,12,3');
});

test.run();

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ClassificationTransform, Loader } from '../../../../datasets/index.ts';
import type { ResnetCocoError } from '../../../../errors.ts';
import { rejects } from '../../../rejects.ts';
import { batchesOf, collect, datasetOf, digest, jpegFolder, normalization, wildRecipe } from './loader-data.ts';

const test = suite('loader and broken images');
const root = mkdtempSync(join(tmpdir(), 'broken-images-'));
test.after(() => rmSync(root, { recursive: true }));

const evaluation: ClassificationTransform = {
  kind: 'classification',
  resize_size: 16,
  crop_size: 12,
  ...normalization,
};
const dataset = await jpegFolder(join(root, 'damaged'), 14);
writeFileSync(dataset.nameOf(2), 'not an image');
rmSync(dataset.nameOf(9));

test('they are told of once; in training others take their places', async () => {
  const expected = [/damaged\/cat\/004\.jpg: a file of unknown format/, /damaged\/dog\/005\.jpg: no such file/];
  const runs: string[][] = [];
  for (const workers of [1, 2]) {
    const problems: ResnetCocoError[] = [];
    const onProblem = (problem: ResnetCocoError) => void problems.push(problem);
    const loader = new Loader(dataset, { recipe: wildRecipe, batch: 4, seed: 2, workers, onProblem });
    const epochs = [await collect(loader.epoch(0)), await collect(loader.epoch(1))];
    assert.equal(digest(await collect(loader.epoch(0, { from: 2 }))), digest(epochs[0]).slice(2));
    await loader.close();
    assert.equal(problems.map(({ code }) => code).sort(), ['BAD_IMAGE', 'FILE_NOT_FOUND']);
    for (const pattern of expected) assert.is(problems.filter(({ message }) => pattern.test(message)).length, 1);
    for (const batches of epochs) {
      const all = batches.flatMap(({ indices }) => [...indices]);
      assert.is(all.length, 14);
      assert.equal(
        [...new Set(all)].sort((a, b) => a - b),
        [0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13],
      );
      for (const { labels, indices } of batches) {
        assert.equal(
          labels,
          indices.map((index) => dataset.label(index)),
        );
      }
    }
    runs.push(digest(epochs.flat()));
  }
  assert.equal(runs[0], runs[1]);
});

test('an epoch taken up by a loader that has not met them is the same', async () => {
  const options = { recipe: wildRecipe, batch: 2, seed: 4, workers: 1 };
  const whole = digest(await batchesOf(dataset, options));
  assert.equal(digest(await batchesOf(dataset, options, 0, { from: 3 })), whole.slice(3));
});

test('an image that stands in for another looks different from when it comes itself', async () => {
  const recipe = { ...wildRecipe, mixup_alpha: 0, cutmix_alpha: 0 };
  const [{ indices, image }] = await batchesOf(dataset, { recipe, batch: 14, workers: 1 });
  const twice = indices.find((index, i) => indices.indexOf(index) !== i)!;
  const [first, last] = [indices.indexOf(twice), indices.lastIndexOf(twice)].map((i) =>
    image.data.slice(i * 432, (i + 1) * 432),
  );
  assert.not.equal(first, last);
});

test('in evaluation they are left out, and batches without images too', async () => {
  assert.equal(
    (await batchesOf(dataset, { recipe: evaluation, batch: 3, workers: 1 })).map(({ indices }) => [...indices]),
    [
      [0, 1],
      [3, 4, 5],
      [6, 7, 8],
      [10, 11],
      [12, 13],
    ],
  );
  assert.equal(
    (await batchesOf(dataset, { recipe: evaluation, batch: 1, workers: 1 })).map(({ number }) => number),
    [0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13],
  );
});

test('a data set without a sound image, or where none comes for long, ends the run', async () => {
  for (const length of [3, 200]) {
    const nothing = datasetOf(length, (index) => join(root, `none${index}.jpg`));
    await rejects(
      batchesOf(nothing, { recipe: wildRecipe, batch: 2, workers: 1 }),
      'BAD_DATASET',
      /of \d+ images cannot be read so far.*none\d+\.jpg: no such file/,
    );
  }
});

test.run();

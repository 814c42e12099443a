import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ClassificationTransform, Loader, type LoaderOptions } from '../../../../datasets/index.ts';
import type { ResnetCocoError } from '../../../../errors.ts';
import { rejects } from '../../../rejects.ts';
import { batchesOf, collect, digest, jpegFolder, normalization, pixels, wildRecipe } from './loader-data.ts';

const test = suite('loader with a cache');
const root = mkdtempSync(join(tmpdir(), 'loader-cache-'));
test.after(() => rmSync(root, { recursive: true }));

const folderOf = (name: string) => join(root, name);
const training = (cache: string, more: Partial<LoaderOptions> = {}): LoaderOptions => {
  return { recipe: wildRecipe, batch: 4, seed: 3, workers: 1, cache, ...more };
};
const files = (folder: string) => readdirSync(folder).map((name) => join(folder, name));

/** Replaces a file's content by noise, in a way that its size and time do not tell. */
function spoil(path: string): void {
  const { size, atime, mtime } = statSync(path);
  writeFileSync(path, new Uint8Array(size).fill(7));
  utimesSync(path, atime, mtime);
}

const dataset = await jpegFolder(folderOf('jpegs'), 10);
/** What every epoch 0 must be, with a cache in whichever state. */
const expected = digest(await batchesOf(dataset, training(folderOf('first-cache'))));

test('an epoch is the same from files and from the cache, which then is all that is read', async () => {
  const dataset = await jpegFolder(folderOf('same'), 10);
  const cache = folderOf('same-cache');
  assert.equal(digest(await batchesOf(dataset, training(cache))), expected);
  assert.is(files(cache).length, 1);
  for (let i = 0; i < dataset.length; i++) {
    const time = new Date(2020, 1, i + 1); // whole milliseconds, which can be set again
    utimesSync(dataset.nameOf(i), time, time);
  }
  const problems: ResnetCocoError[] = [];
  const onProblem = (problem: ResnetCocoError) => void problems.push(problem);
  const loader = new Loader(dataset, training(cache, { onProblem }));
  assert.equal(digest(await collect(loader.epoch(0))), expected, 'newer files are decoded anew');
  for (let i = 0; i < dataset.length; i++) spoil(dataset.nameOf(i));
  assert.equal(digest(await collect(loader.epoch(0))), expected, 'in the same process');
  await loader.close();
  const later = training(cache, { onProblem, workers: 2 });
  assert.equal(digest(await batchesOf(dataset, later)), expected, 'in a later one, with more threads');
  assert.equal(problems, []);
  assert.is(files(cache).length, 1);
  utimesSync(dataset.nameOf(5), new Date(), new Date());
  await batchesOf(dataset, training(cache, { onProblem }));
  assert.is(problems.length, 1);
  assert.ok(problems[0].message.startsWith(dataset.nameOf(5)), 'a file that changed is read');
});

test('damaged pixels are decoded anew, and put right', async () => {
  const cache = folderOf('flip-cache');
  cpSync(folderOf('first-cache'), cache, { recursive: true });
  const [file] = files(cache);
  const bytes = readFileSync(file);
  for (let at = 100; at < bytes.length / 2; at += 97) bytes[at] ^= 64;
  writeFileSync(file, bytes);
  for (let run = 0; run < 2; run++) {
    assert.equal(digest(await batchesOf(dataset, training(cache))), expected);
    assert.is(files(cache).length, 2, 'the first time it is put right');
  }
});

test('a cache whose file is cut, or goes while it is in use, is made again', async () => {
  const cache = folderOf('cut-cache');
  const loader = new Loader(dataset, training(cache));
  await collect(loader.epoch(0));
  rmSync(files(cache)[0]);
  assert.equal(digest(await collect(loader.epoch(0))), expected);
  await loader.close();
  const [file] = files(cache);
  writeFileSync(file, readFileSync(file).subarray(0, 5000));
  assert.equal(digest(await batchesOf(dataset, training(cache))), expected);
  assert.is(files(cache).length, 1);
  assert.is.not(files(cache)[0], file);
});

test('two loaders at once share a cache', async () => {
  const cache = folderOf('two-cache');
  for (const each of await Promise.all([1, 2].map(() => batchesOf(dataset, training(cache))))) {
    assert.equal(digest(each), expected);
  }
  assert.equal(digest(await batchesOf(dataset, training(cache))), expected);
  assert.is(files(cache).length, 1, 'one of the two files is of no more use');
});

test('what was decoded before the loop was left is kept', async () => {
  const cache = folderOf('left-cache');
  const loader = new Loader(dataset, training(cache, { workers: 1, ahead: 1 }));
  for await (const _ of loader.epoch(0)) break;
  await loader.close();
  assert.ok(files(cache).length > 0);
  for (const file of files(cache)) assert.match(file, /\.cache$/);
  assert.equal(digest(await batchesOf(dataset, training(cache))), expected);
});

test('evaluation is the same with a cache as without', async () => {
  const recipe: ClassificationTransform = { kind: 'classification', resize_size: 22, crop_size: 16, ...normalization };
  const plain = digest(await batchesOf(dataset, { recipe, batch: 5, workers: 1 }));
  const cache = folderOf('evaluation-cache');
  for (const time of ['first', 'second']) {
    assert.equal(digest(await batchesOf(dataset, { recipe, batch: 5, cache, workers: 1 })), plain, time);
  }
});

test('pictures are shrunk to the side that is asked for, which has a cache of its own', async () => {
  const cache = folderOf('side-cache');
  const plain = digest(await batchesOf(dataset, { recipe: wildRecipe, batch: 10, seed: 3, workers: 1 }));
  const large = training(cache, { batch: 10, cacheSide: 1000 }); // none is that large
  for (let run = 0; run < 2; run++) assert.equal(digest(await batchesOf(dataset, large)), plain);
  assert.not.equal(digest(await batchesOf(dataset, training(cache, { batch: 10, cacheSide: 14 }))), plain);
  assert.equal(digest(await batchesOf(dataset, large)), plain);
});

test('a cache that fails stops nothing but itself', async () => {
  const cache = folderOf('fails-cache');
  const problems: ResnetCocoError[] = [];
  const loader = new Loader(dataset, training(cache, { onProblem: (problem) => void problems.push(problem) }));
  const epoch = loader.epoch(0);
  const first = await epoch.next();
  rmSync(cache, { recursive: true });
  assert.equal(digest([first.value!, ...(await collect(epoch))]), expected);
  assert.equal(digest(await collect(loader.epoch(0))), expected);
  await loader.close();
  assert.equal(
    problems.map(({ code }) => code),
    ['FILE_NOT_WRITABLE'],
  );
  writeFileSync(cache, 'a file');
  await rejects(batchesOf(dataset, training(cache)), 'FILE_NOT_WRITABLE', /fails-cache/);
});

test('pixels in memory need no cache', async () => {
  const cache = folderOf('unused');
  await batchesOf(pixels(8), { recipe: wildRecipe, batch: 4, cache });
  assert.throws(() => readdirSync(cache));
});

test('what is evaluated is the same with a cache, by whichever filter, and where pictures do not keep their shape', async () => {
  const cache = folderOf('filters');
  const evaluated: ClassificationTransform = { kind: 'classification', resize_size: 9, crop_size: 8, ...normalization };
  const kinds: readonly Partial<ClassificationTransform>[] = [
    {},
    { interpolation: 'bicubic' },
    { crop_mode: 'squash', interpolation: 'bicubic' },
    { crop_mode: 'border' },
  ];
  const digests = new Set<string>();
  for (const kind of kinds) {
    const recipe = { ...evaluated, ...kind };
    const plain = digest(await batchesOf(dataset, { recipe, batch: 4, workers: 1 }));
    for (const _ of ['filled', 'read']) {
      assert.equal(
        digest(await batchesOf(dataset, { recipe, batch: 4, workers: 1, cache })),
        plain,
        JSON.stringify(kind),
      );
    }
    digests.add(plain.join());
  }
  assert.is(digests.size, kinds.length);
});

test.run();

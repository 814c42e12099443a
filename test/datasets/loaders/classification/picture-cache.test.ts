import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checksum } from '../../../../datasets/loaders/classification/checksum.ts';
import { PictureCache } from '../../../../datasets/loaders/classification/picture-cache.ts';
import { rejects } from '../../../rejects.ts';

const test = suite('picture cache');
const root = mkdtempSync(join(tmpdir(), 'picture-cache-'));
test.after(() => rmSync(root, { recursive: true }));

const pixelsOf = (level: number) => new Uint8Array(4 * 3 * 3).fill(level);
const pictureOf = (level: number) => ({
  width: 4,
  height: 3,
  size: 1000 + level,
  mtimeMs: 12345.678,
  checksum: checksum(pixelsOf(level)),
});

/** Adds pictures, each of one level, by their paths. */
async function fill(folder: string, levels: Readonly<Record<string, number>>): Promise<void> {
  const cache = await PictureCache.open(folder, { side: 64 });
  for (const [source, level] of Object.entries(levels)) await cache.add(source, pictureOf(level), pixelsOf(level));
  await cache.finish();
  await new Promise((settle) => setTimeout(settle, 2)); // so that the next one is newer
}

const files = (folder: string) => readdirSync(folder).sort();

/** The level that the cache has of a path. */
function levelOf(cache: PictureCache, source: string): number | undefined {
  const entry = cache.get(source);
  if (!entry) return undefined;
  const pixels = readFileSync(entry.file).subarray(entry.offset, entry.offset + 36);
  assert.is(checksum(new Uint8Array(pixels)), entry.checksum);
  assert.equal([entry.width, entry.height, entry.size, entry.mtimeMs], [4, 3, 1000 + pixels[0], 12345.678]);
  return pixels[0];
}

test('what was added is found by the same cache and by others, once it is finished', async () => {
  const folder = join(root, 'new', 'folder');
  const cache = await PictureCache.open(folder, { side: 64 });
  await Promise.all(['a', 'ü', 'c'].map((source, i) => cache.add(source, pictureOf(i), pixelsOf(i))));
  assert.is(levelOf(cache, 'a'), undefined);
  assert.is(files(folder).filter((name) => name.endsWith('.cache')).length, 0);
  await cache.finish();
  await cache.finish();
  assert.is(files(folder).length, 1, 'nothing else lies there');
  for (const one of [cache, await PictureCache.open(folder, { side: 64 })]) {
    assert.equal(
      ['a', 'ü', 'c', 'd'].map((source) => levelOf(one, source)),
      [0, 1, 2, undefined],
    );
  }
  assert.is((await PictureCache.open(folder, { side: 65 })).get('a'), undefined, 'pictures of another size');
});

test('the newest segment counts; one that no longer does is removed', async () => {
  const folder = join(root, 'newest');
  await fill(folder, { a: 1, b: 2 });
  await fill(folder, { b: 3, c: 4 });
  let cache = await PictureCache.open(folder, { side: 64 });
  assert.equal(
    ['a', 'b', 'c'].map((source) => levelOf(cache, source)),
    [1, 3, 4],
  );
  assert.is(files(folder).length, 2);
  await fill(folder, { a: 5 });
  cache = await PictureCache.open(folder, { side: 64 });
  assert.equal(
    ['a', 'b', 'c'].map((source) => levelOf(cache, source)),
    [5, 3, 4],
  );
  assert.is(files(folder).length, 2);
});

test('two that write at once do each other no harm', async () => {
  const folder = join(root, 'shared');
  const [one, two] = [await PictureCache.open(folder, { side: 64 }), await PictureCache.open(folder, { side: 64 })];
  for (let i = 0; i < 5; i++) {
    await one.add(`one ${i}`, pictureOf(i), pixelsOf(i));
    await two.add(`two ${i}`, pictureOf(10 + i), pixelsOf(10 + i));
    await (i % 2 ? one : two).add('both', pictureOf(i), pixelsOf(i));
  }
  await Promise.all([one.finish(), two.finish()]);
  const cache = await PictureCache.open(folder, { side: 64 });
  assert.is(levelOf(cache, 'one 4'), 4);
  assert.is(levelOf(cache, 'two 3'), 13);
  assert.ok([3, 4].includes(levelOf(cache, 'both')!));
});

test('a damaged segment is as none, and goes', async () => {
  const folder = join(root, 'damaged');
  await fill(folder, { a: 1 });
  const [name] = files(folder);
  const whole = readFileSync(join(folder, name));
  const flipped = (at: number) => {
    const copy = Buffer.from(whole);
    copy[copy.length + at] ^= 1;
    return copy;
  };
  const cuts = [0, 1, 15, 16, whole.length - 20, whole.length - 1].map((end) => whole.subarray(0, end));
  const changed = [-1, -5, -6, -9, -16, -20].map(flipped);
  const shifted = whole.subarray(10); // its pixels are incomplete, its index is not
  for (const content of [...cuts, ...changed, shifted, Buffer.alloc(100)]) {
    writeFileSync(join(folder, name), content);
    const cache = await PictureCache.open(folder, { side: 64 });
    assert.is(cache.get('a'), undefined, `${content.length} bytes`);
    assert.equal(files(folder), []);
  }
});

test('what a dead process left is removed after a day; foreign files stay', async () => {
  const folder = join(root, 'left');
  mkdirSync(folder);
  for (const name of ['.0123.partial', '.4567.partial', 'notes.txt', 'pictures-32-0-0.cache']) {
    writeFileSync(join(folder, name), 'x');
  }
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  for (const name of ['.0123.partial', 'notes.txt']) utimesSync(join(folder, name), twoDaysAgo, twoDaysAgo);
  await PictureCache.open(folder, { side: 64 });
  assert.equal(files(folder), ['.4567.partial', 'notes.txt', 'pictures-32-0-0.cache']);
});

test('a cache that cannot be written says so once', async () => {
  const folder = join(root, 'gone');
  const cache = await PictureCache.open(folder, { side: 64 });
  rmSync(folder, { recursive: true });
  await rejects(cache.add('a', pictureOf(1), pixelsOf(1)), 'FILE_NOT_WRITABLE', /gone.*without caching/);
  await cache.add('b', pictureOf(2), pixelsOf(2));
  await cache.finish();
  writeFileSync(folder, 'a file');
  await rejects(PictureCache.open(folder, { side: 64 }), 'FILE_NOT_WRITABLE', /gone/);
});

test('a checksum tells every change of a bit, and of the length', () => {
  const bytes = Uint8Array.from({ length: 23 }, (_, i) => i * 31);
  const sum = checksum(bytes);
  for (let bit = 0; bit < 23 * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.is.not(checksum(changed), sum);
  }
  assert.is.not(checksum(new Uint8Array(8)), checksum(new Uint8Array(12)));
  const shifted = new Uint8Array(24);
  shifted.set(bytes, 1);
  assert.is(checksum(shifted.subarray(1)), sum, 'wherever it lies in memory');
});

test.run();

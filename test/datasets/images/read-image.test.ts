import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ImageSource, readImage, sourceName } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { imagesDir, testPicture } from './test-picture.ts';

const test = suite('read-image');
const path = join(imagesDir, 'png-rgb8.png');
const folder = mkdtempSync(join(tmpdir(), 'resnet-coco-'));
test.after(() => rmSync(folder, { recursive: true }));

async function refused(source: unknown, code: string, message: RegExp): Promise<void> {
  const error = await readImage(source as ImageSource).catch((e: unknown) => e);
  assert.instance(error, ResnetCocoError);
  assert.is((error as ResnetCocoError).code, code);
  assert.match((error as ResnetCocoError).message, message);
}

test('a path, a file: URL and bytes give the same picture', async () => {
  const bytes = readFileSync(path);
  const image = await readImage(path);
  assert.equal([image.width, image.height, image.format], [13, 11, 'png']);
  for (const source of [pathToFileURL(path), pathToFileURL(path).href, bytes, new Uint8Array(bytes)]) {
    assert.equal(await readImage(source), image);
  }
});

test('a decoded picture passes through', async () => {
  const picture = testPicture(5, 4);
  assert.equal(await readImage(picture), { ...picture, format: null });
});

test('the name does not matter', async () => {
  const disguised = join(folder, 'photo.jpg');
  copyFileSync(path, disguised);
  assert.is((await readImage(disguised)).format, 'png');
});

test('what cannot be read is named with its reason', async () => {
  const sub = join(folder, 'sub.png');
  mkdirSync(sub);
  await refused(join(folder, 'none.jpg'), 'FILE_NOT_FOUND', /none\.jpg: no such file/);
  await refused(join(path, 'below.jpg'), 'FILE_NOT_FOUND', /no such file/);
  await refused(sub, 'FILE_NOT_FOUND', /sub\.png: is a folder/);
  await refused('a\0b.jpg', 'FILE_NOT_FOUND', /cannot be read/);
  await refused(
    new URL('https://example.com/a.jpg'),
    'FILE_NOT_FOUND',
    /https:\/\/example.com\/a.jpg: a URL, not a file; fetch it first/,
  );
});

(process.platform === 'win32' ? test.skip : test)('a pipe is refused and not waited for', async () => {
  const pipe = join(folder, 'pipe.jpg');
  execFileSync('mkfifo', [pipe]);
  await refused(pipe, 'FILE_NOT_FOUND', /pipe\.jpg: is a device or pipe/);
});

test('a picture made by hand must be whole', async () => {
  await refused({ width: 2, height: 2, data: new Uint8Array(11) }, 'BAD_IMAGE', /11 bytes where 2×2 needs 12/);
  await refused({ width: 2, height: 2, data: new Uint8Array(16) }, 'BAD_IMAGE', /alpha/);
  await refused({ width: 0, height: 2, data: new Uint8Array(0) }, 'BAD_IMAGE', /0×2/);
  await refused({ width: 2, height: 2 }, 'BAD_IMAGE', /expected/);
  await refused(undefined, 'BAD_IMAGE', /expected/);
  await refused(42, 'BAD_IMAGE', /expected/);
});

test('sources have names', () => {
  assert.is(sourceName('a.jpg'), 'a.jpg');
  assert.is(sourceName(pathToFileURL('/x/y.jpg')), '/x/y.jpg');
  assert.is(sourceName(new Uint8Array(12)), 'image of 12 bytes in memory');
  assert.is(sourceName(testPicture(1, 1)), 'image in memory');
});

test.run();

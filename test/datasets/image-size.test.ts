import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readImageSize } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { expectedImages, imagesDir } from './test-picture.ts';

const folder = mkdtempSync(join(tmpdir(), 'image-size-'));
test.after(() => rmSync(folder, { recursive: true }));

test('the size of each picture is that of its pixels, turned upright', async () => {
  for (const [name, { width, height }] of expectedImages) {
    if (!/\.(jpg|png)$/.test(name)) continue;
    assert.equal(await readImageSize(join(imagesDir, name)), { width, height }, name);
  }
});

test('the header is enough', async () => {
  const bytes = readFileSync(join(imagesDir, 'jpeg-exif-6.jpg'));
  const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const path = join(folder, 'cut.jpg');
  writeFileSync(path, bytes.subarray(0, scan + 20));
  assert.equal(await readImageSize(path), await readImageSize(join(imagesDir, 'jpeg-exif-6.jpg')));
});

test('markers far into the file, and a long comment', async () => {
  const bytes = readFileSync(join(imagesDir, 'jpeg-exif-8.jpg'));
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(0xfffd, 0xff)]);
  const path = join(folder, 'long.jpg');
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 2), comment, comment, bytes.subarray(2)]));
  assert.equal(await readImageSize(path), await readImageSize(join(imagesDir, 'jpeg-exif-8.jpg')));
});

test('what is no image, or not there', async () => {
  const fail = async (name: string, content?: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    if (content) writeFileSync(path, content);
    const error = await readImageSize(path).catch((thrown: unknown) => thrown);
    assert.instance(error, ResnetCocoError);
    assert.ok((error as ResnetCocoError).message.startsWith(path));
    return (error as ResnetCocoError).code;
  };
  assert.is(await fail('gone.jpg'), 'FILE_NOT_FOUND');
  assert.is(await fail('empty.jpg', Buffer.alloc(0)), 'BAD_IMAGE');
  assert.is(await fail('text.png', Buffer.from('hello')), 'BAD_IMAGE');
  const jpeg = readFileSync(join(imagesDir, 'jpeg-420.jpg'));
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  assert.is(await fail('cut.jpg', jpeg.subarray(0, frame)), 'BAD_IMAGE');
  const png = readFileSync(join(imagesDir, 'png-rgb8.png'));
  assert.is(await fail('cut.png', png.subarray(0, 20)), 'BAD_IMAGE');
});

test.run();

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decoders, encodeImage, type ImageFormat, readImage, writeImage } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { largestDifference, testPicture } from './test-picture.ts';

const test = suite('encode');
const folder = mkdtempSync(join(tmpdir(), 'resnet-coco-'));
test.after(() => rmSync(folder, { recursive: true }));
const [sharp] = await decoders();

/** A picture without hard edges, as photographs are. */
const smooth = {
  width: 40,
  height: 30,
  data: Uint8Array.from({ length: 3600 }, (_, i) => 128 + 100 * Math.sin(i / 3 / 90 + (i % 3))),
};

test('PNG comes back as it was', async () => {
  for (const [width, height] of [
    [1, 1],
    [17, 9],
  ]) {
    const picture = testPicture(width, height);
    const back = await readImage(await encodeImage(picture, 'png'));
    assert.equal(back, { ...picture, format: 'png' });
  }
});

test('JPEG comes back nearly as it was', async () => {
  const back = await readImage(await encodeImage(smooth, 'jpeg'));
  assert.equal([back.width, back.height, back.format], [40, 30, 'jpeg']);
  assert.ok(largestDifference(back.data, smooth.data) < 12);
});

test('pictures that are hardly smaller as JPEG, one after another', async () => {
  const noise = (width: number, height: number) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24),
  });
  for (const [width, height, quality] of [
    [1, 1, 92],
    [8, 8, 92],
    [24, 20, 92],
    [64, 64, 95],
    [30, 30, 100],
    [100, 80, 100],
  ]) {
    const back = await readImage(await encodeImage(noise(width, height), 'jpeg', quality));
    assert.equal([back.width, back.height], [width, height]);
    const whole = await readImage(await encodeImage(testPicture(80, 60), 'jpeg'));
    assert.equal([whole.width, whole.height], [80, 60]);
  }
});

test('other formats need sharp', async () => {
  for (const format of ['webp', 'avif', 'tiff', 'gif'] satisfies ImageFormat[]) {
    if (sharp.available) {
      assert.is((await readImage(await encodeImage(smooth, format))).format, format);
      continue;
    }
    const error = await encodeImage(smooth, format).catch((e: unknown) => e);
    assert.instance(error, ResnetCocoError);
    assert.match((error as ResnetCocoError).message, /npm install sharp/);
  }
});

test('a file is written whole, into folders that are made, and nothing else is left', async () => {
  const path = join(folder, 'a', 'b', 'picture.png');
  await writeImage(path, smooth, 'png');
  await writeImage(path, testPicture(3, 3), 'png');
  assert.is((await readImage(path)).width, 3);
  assert.equal(readdirSync(join(folder, 'a', 'b')), ['picture.png']);
});

test('what cannot be written is named, and leaves nothing behind', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'x');
  mkdirSync(join(folder, 'taken.png'));
  const atFault = { [join(file, 'below.png')]: file, [join(folder, 'taken.png')]: join(folder, 'taken.png') };
  for (const [path, named] of Object.entries(atFault)) {
    const error = await writeImage(path, smooth, 'png').catch((e: unknown) => e);
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, 'FILE_NOT_WRITABLE');
    assert.ok((error as ResnetCocoError).message.startsWith(`${named}:`));
  }
  assert.not.ok(readdirSync(folder).some((name) => name.endsWith('.partial')));
});

test.run();

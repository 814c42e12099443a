import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodingCost, readImage, readImageSize } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { scannedJpeg } from './scanned-jpeg.ts';
import { expectedImages, imagesDir } from './test-picture.ts';
import { grayPng, pngChunk, pngFile } from './test-png.ts';

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

test('the work of decoding is that of pixels; of many scans and deep samples more', async () => {
  const cost = { width: 40, height: 30, work: 1200 };
  for (const scans of [3, 9, 12]) assert.equal(await decodingCost(scannedJpeg(40, 30, scans)), { ...cost, scans });
  assert.equal(await decodingCost(scannedJpeg(40, 30, 62)), { ...cost, scans: 62, work: 6200 });
  const bytes = scannedJpeg(40, 30, 5);
  assert.is(
    (await decodingCost(Buffer.concat([bytes, bytes])))?.scans,
    5,
    'what is behind its end is not of the picture',
  );
  const none = Buffer.alloc(0);
  const png = (colorType: number, depth: number) => decodingCost(pngFile(40, 30, { colorType, depth }, none));
  assert.equal(await png(6, 16), { ...cost, scans: 1, work: 3200 });
  assert.equal(await png(2, 8), { ...cost, scans: 1 });
  assert.equal(await png(0, 1), { ...cost, scans: 1 });
});

test('what is refused at once is no work, whatever it claims', async () => {
  const claim = { width: 7071, height: 7071, scans: 1, work: 0 };
  const bytes = scannedJpeg(7071, 7071, 5);
  assert.equal(await decodingCost(bytes.subarray(0, -2)), claim);
  const png = pngFile(7071, 7071, { colorType: 2 }, Buffer.alloc(0));
  png[29] ^= 1; // its checksum
  assert.equal(await decodingCost(png), claim);
  assert.is(await decodingCost(Buffer.from('hello')), undefined);
});

test('a header counts as the decoder reads it', async () => {
  const [small, large] = [scannedJpeg(8, 8, 3), scannedJpeg(7071, 7071, 3)];
  const frameOf = (jpeg: Buffer) =>
    jpeg.subarray(jpeg.indexOf(Buffer.of(0xff, 0xc2)), jpeg.indexOf(Buffer.of(0xff, 0xc4)));
  const scan = Buffer.of(0xff, 0xda, 0, 3, 0);
  const late = Buffer.concat([large.subarray(0, 2), scan, frameOf(large), small.subarray(2)]);
  assert.is((await decodingCost(late))?.width, 7071, 'a frame behind a scan');
  const header = pngChunk('IHDR', Buffer.of(0, 0, 0, 1, 0, 0, 0, 1));
  const png = pngFile(7072, 7072, { colorType: 0, depth: 1 }, Buffer.alloc(0));
  const two = Buffer.concat([png.subarray(0, 8), header, png.subarray(8)]);
  assert.is((await decodingCost(two))?.work, 7072 * 7072, 'a header that is too short is none');
});

test('no file has more segments or chunks than are looked at', async () => {
  const jpeg = scannedJpeg(40, 30, 3);
  const segments = (count: number) =>
    Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(4 * count, Buffer.of(0xff, 0xe4, 0, 2)), jpeg.subarray(2)]);
  assert.is((await decodingCost(segments(60_000)))?.work, 1200);
  assert.is(await decodingCost(segments(70_000)), undefined);
  const png = grayPng([[1, 2]]);
  const chunk = pngChunk('abCd', Buffer.alloc(0));
  const chunks = (count: number) =>
    Buffer.concat([png.subarray(0, 33), Buffer.alloc(12 * count, chunk), png.subarray(33)]);
  assert.is((await decodingCost(chunks(200_000)))?.work, 2);
  assert.is((await decodingCost(chunks(300_000)))?.work, 0);
  const path = join(folder, 'segments.jpg');
  writeFileSync(path, segments(60_000));
  assert.equal(await readImageSize(path), { width: 40, height: 30 });
  writeFileSync(path, segments(70_000));
  const error = await readImageSize(path).catch((thrown: unknown) => thrown);
  assert.match((error as Error).message, /more than 65536 segments/);
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

/** The size as the header tells it and as the decoder gives it, or the code of the error: one and the same. */
async function sizeOf(name: string, content: Uint8Array): Promise<unknown> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const codeOf = (error: ResnetCocoError) => error.code;
  const told = await readImageSize(path).catch(codeOf);
  const decoded = await readImage(path).then(({ height, width }) => ({ width, height }), codeOf);
  assert.equal(told, decoded, name);
  return told;
}

test('what the decoder makes of odd headers is the size that is told', async () => {
  const png = grayPng([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const size = { width: 3, height: 2 };
  const before = (chunk: Buffer) => Buffer.concat([png.subarray(0, 8), chunk, png.subarray(8)]);
  const short = pngChunk('IHDR', Buffer.of(0, 0, 0, 9, 0, 0, 0, 9));
  assert.equal(await sizeOf('short-header.png', before(short)), size);
  assert.equal(await sizeOf('two-headers.png', Buffer.concat([png.subarray(0, 33), png.subarray(8)])), size);
  const behind = Buffer.concat([
    png,
    pngChunk('eXIf', Buffer.from('4d4d002a000000080001011200030000000100060000', 'hex')),
  ]);
  assert.equal(await sizeOf('behind-end.png', behind), size);
  const damaged = Buffer.from(png);
  damaged[29] ^= 1; // the header's checksum
  assert.is(await sizeOf('damaged.png', damaged), 'BAD_IMAGE');
  const strange = pngFile(3, 2, { colorType: 5 }, Buffer.alloc(0));
  assert.is(await sizeOf('color-type.png', strange), 'BAD_IMAGE');

  const jpeg = readFileSync(join(imagesDir, 'jpeg-420.jpg'));
  const precise = Buffer.from(jpeg);
  precise[jpeg.indexOf(Buffer.of(0xff, 0xc0)) + 4] = 12;
  assert.is(await sizeOf('12-bit.jpg', precise), 'BAD_IMAGE');
});

test('an orientation behind the first scan is none, as for Pillow', async () => {
  const turned = readFileSync(join(imagesDir, 'jpeg-exif-6.jpg'));
  const upright = await readImageSize(join(imagesDir, 'jpeg-exif-6.jpg'));
  const at = turned.indexOf('Exif') - 4;
  const behind = at + 2 + turned.readUInt16BE(at + 2);
  const late = [turned.subarray(0, at), turned.subarray(behind, -2), turned.subarray(at, behind), turned.subarray(-2)];
  assert.equal(await sizeOf('late.jpg', Buffer.concat(late)), { width: upright.height, height: upright.width });
});

test.run();

import { execFileSync } from 'node:child_process';
import { deflateSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readImage } from '../../../../datasets/index.ts';
import { rejects } from '../../../rejects.ts';
import { grayPng, pngChunk, pngFile } from '../test-png.ts';

const test = suite('decode-png');
const values = async (bytes: Uint8Array): Promise<number[]> => Array.from((await readImage(bytes)).data);
const grays = (...levels: number[]): number[] => levels.flatMap((level) => [level, level, level]);

test('each filter predicts from the pixels to the left and above', async () => {
  const rows = [
    [0, 10, 20, 30],
    [1, 10, 10, 10], // 10 20 30: left
    [2, 1, 2, 3], // 11 22 33: above
    [3, 5, 5, 5], // 10 21 32: mean of both
    [4, 1, 1, 1], // 11 22 33: the nearest of left, above and their corner
  ];
  const bytes = pngFile(3, 5, { colorType: 0 }, deflateSync(Buffer.from(rows.flat())));
  assert.equal(await values(bytes), grays(10, 20, 30, 10, 20, 30, 11, 22, 33, 10, 21, 32, 11, 22, 33));
});

test('colors that a palette lacks are black', async () => {
  const kind = { colorType: 3, before: [pngChunk('PLTE', Buffer.of(9, 8, 7, 6, 5, 4))] };
  assert.equal(await values(grayPng([[0, 1, 2, 200]], kind)), [9, 8, 7, 6, 5, 4, 0, 0, 0, 0, 0, 0]);
  assert.equal(await values(grayPng([[0, 1]], { colorType: 3 })), [0, 0, 0, 0, 0, 0]);
});

test('what Pillow reads is read: pixels without their checksums, bytes behind them, more rows than there should be', async () => {
  const rows = Buffer.from([0, 10, 20, 0, 30, 40]);
  const expected = grays(10, 20, 30, 40);
  const packed = deflateSync(rows);
  const gray = { colorType: 0 };
  assert.equal(await values(pngFile(2, 2, gray, packed.subarray(0, -1))), expected);
  assert.equal(await values(pngFile(2, 2, gray, packed.subarray(0, -4))), expected);
  assert.equal(await values(pngFile(2, 2, gray, Buffer.concat([packed, Buffer.from('behind')]))), expected);
  assert.equal(await values(pngFile(2, 2, gray, deflateSync(Buffer.concat([rows, rows])))), expected);
  const wrongChecksum = pngFile(2, 2, gray, packed);
  wrongChecksum[wrongChecksum.length - 13] ^= 1; // of the IDAT chunk
  assert.equal(await values(wrongChecksum), expected);
  const later = pngChunk('IDAT', Buffer.from('more'));
  assert.equal(
    await values(grayPng([[10, 20]], { behind: [pngChunk('tIME', Buffer.alloc(7)), later] })),
    grays(10, 20),
  );
});

test('what is damaged is refused with its reason', async () => {
  const packed = deflateSync(Buffer.from([0, 10, 20, 0, 30, 40]));
  const wrongAdler = Buffer.from(packed);
  wrongAdler[wrongAdler.length - 1] ^= 1;
  const gray = { colorType: 0 };
  await rejects(readImage(pngFile(2, 2, gray, wrongAdler)), 'BAD_IMAGE', /damaged/);
  await rejects(readImage(pngFile(2, 3, gray, packed)), 'BAD_IMAGE', /rows are missing/);
  await rejects(readImage(pngFile(2, 1, gray, deflateSync(Buffer.of(7, 1, 2)))), 'BAD_IMAGE', /filter 7/);
  await rejects(readImage(pngFile(2, 2, { colorType: 2, depth: 4 }, packed)), 'BAD_IMAGE', /no 4 bits/);
  const header = grayPng([[1, 2]]);
  header[19] ^= 2; // the width
  await rejects(readImage(header), 'BAD_IMAGE', /checksum of IHDR/);
});

test('the rows before conversion take no memory: 16-bit RGBA of 36 megapixels', () => {
  const side = 6000;
  const script = `
    import { createDeflate } from 'node:zlib';
    import { readImage } from '${new URL('../../../../datasets/index.js', import.meta.url)}';
    import { pngFile } from '${new URL('../test-png.js', import.meta.url)}';
    const deflate = createDeflate();
    const parts = [];
    deflate.on('data', (part) => parts.push(part));
    const row = Buffer.alloc(1 + ${side} * 8);
    for (let y = 0; y < ${side}; y++) if (!deflate.write(row)) await new Promise((go) => deflate.once('drain', go));
    await new Promise((done) => deflate.end().once('end', done));
    const file = pngFile(${side}, ${side}, { colorType: 6, depth: 16 }, Buffer.concat(parts));
    const before = process.resourceUsage().maxRSS;
    const { data } = await readImage(file);
    console.log((process.resourceUsage().maxRSS - before) * 1024 - data.length);`;
  const env = { ...process.env, RESNET_COCO_DECODER: 'js' };
  const spent = Number(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }),
  );
  assert.ok(spent < 4 * side * side, `${spent / side ** 2} bytes a pixel beside the result`);
});

test.run();

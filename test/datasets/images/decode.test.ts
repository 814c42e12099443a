import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_IMAGE_PIXELS } from '../../../datasets/images/image.ts';
import { decodeJpeg } from '../../../datasets/images/jpeg/decode-jpeg.ts';
import { readJpegHeader } from '../../../datasets/images/jpeg/jpeg-header.ts';
import { decoders, readImage, scansProblem } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { hasShared, sharedData } from '../../shared-data.ts';
import { scannedJpeg } from './scanned-jpeg.ts';
import { expectedImages, imagesDir, largestDifference } from './test-picture.ts';
import { pngFile } from './test-png.ts';

const [sharp, wasm] = await decoders();
const file = (name: string): Buffer => readFileSync(join(imagesDir, name));

/** Asserts that bytes are refused as BAD_IMAGE with a message of that kind. */
async function refused(bytes: Uint8Array, message: RegExp): Promise<void> {
  try {
    await readImage(bytes);
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, 'BAD_IMAGE');
    assert.match((error as ResnetCocoError).message, message);
    return;
  }
  assert.unreachable(`expected a refusal with ${message}`);
}

async function withDecoder<T>(name: string, run: () => Promise<T>): Promise<T> {
  const before = process.env.RESNET_COCO_DECODER ?? '';
  process.env.RESNET_COCO_DECODER = name;
  try {
    return await run();
  } finally {
    process.env.RESNET_COCO_DECODER = before;
  }
}

const ARITHMETIC = 'jpeg-arithmetic.jpg';
const named = (prefix: string) => [...expectedImages].filter(([name]) => name.startsWith(prefix));

async function compareAll(prefix: string, tolerance: number, images = named(prefix)): Promise<void> {
  for (const [name, expected] of images) {
    const image = await readImage(file(name));
    assert.is(image.format, prefix.slice(0, -1));
    assert.equal([image.width, image.height], [expected.width, expected.height], name);
    const difference = largestDifference(image.data, expected.data);
    assert.ok(difference <= tolerance, `${name}: ${difference} levels from Pillow`);
  }
}

test('every kind of JPEG equals Pillow: sampling, progressive, gray, inks, restarts, orientation, junk', () =>
  withDecoder('js', () =>
    compareAll(
      'jpeg-',
      0,
      named('jpeg-').filter(([name]) => name !== ARITHMETIC),
    ),
  ));

test('arithmetic coding needs the decoder for it', () =>
  withDecoder('js', () => refused(file(ARITHMETIC), /arithmetic coding is read by the decoder wasm alone/)));

test('every kind of PNG equals Pillow: depths, palettes, transparency, interlacing', () =>
  withDecoder('js', () => compareAll('png-', 0)));

(sharp.available ? test : test.skip)('sharp gives the same pictures and reads more formats', () =>
  withDecoder('sharp', async () => {
    await compareAll('jpeg-', 3);
    await compareAll('png-', 0);
    for (const format of ['webp', 'gif', 'tiff']) {
      const image = await readImage(file(`other.${format}`));
      assert.is(image.format, format);
      assert.is(largestDifference(image.data, expectedImages.get(`other.${format}`)!.data), 0, format);
    }
  }),
);

(wasm.available ? test : test.skip)('libjpeg-turbo gives Pillow’s own pixels, after damaged files too', () =>
  withDecoder('wasm', async () => {
    for (const [name, expected] of named('jpeg-')) {
      const bytes = file(name);
      await readImage(Buffer.concat([bytes.subarray(0, -40), Buffer.of(0xff, 0xd9)])).catch(() => {});
      const difference = largestDifference((await readImage(bytes)).data, expected.data);
      assert.is(difference, 0, `${name}: ${difference} levels from Pillow`);
    }
  }),
);

(wasm.available && hasShared('coco-mini') ? test : test.skip)(
  'on photographs the decoder in JavaScript equals it',
  async () => {
    for (const set of ['train', 'val']) {
      const folder = join(sharedData, 'coco-mini', set, 'images');
      for (const name of readdirSync(folder).slice(0, 5)) {
        const read = (decoder: string) => withDecoder(decoder, () => readImage(join(folder, name)));
        const [exact, own] = [await read('wasm'), await read('js')];
        assert.is(largestDifference(exact.data, own.data), 0, name);
      }
    }
  },
);

test('without sharp its formats are refused with the remedy', () =>
  withDecoder('js', async () => {
    for (const format of ['webp', 'gif', 'tiff']) await refused(file(`other.${format}`), /npm install sharp/);
  }));

test('decoding leaves the caller’s bytes as they are', async () => {
  const bytes = file('jpeg-adobe-ycc.jpg');
  await readImage(bytes);
  assert.equal(bytes, file('jpeg-adobe-ycc.jpg'));
});

test('the decoder can be forced, and a wrong name is refused', async () => {
  assert.equal(
    (await decoders()).map(({ name }) => name),
    ['sharp', 'wasm', 'js'],
  );
  await withDecoder('gd', async () => {
    const error = await readImage(file('png-rgb8.png')).catch((e: unknown) => e);
    assert.is((error as ResnetCocoError).code, 'USAGE');
    assert.match((error as ResnetCocoError).message, /RESNET_COCO_DECODER=gd/);
  });
});

test('what is no picture is named', async () => {
  await refused(new Uint8Array(0), /empty/);
  await refused(Buffer.from('<!DOCTYPE html><title>404</title>'), /a web page/);
  await refused(Buffer.from('hello world'), /unknown format \(text\)/);
  await refused(new Uint8Array(1000), /nothing but zeros/);
  await refused(Buffer.from('%PDF-1.7'), /a PDF file/);
  await refused(Buffer.from('BM, and more that is no header of any kind'), /a BMP file of an unknown kind/);
});

test('a truncated picture is refused wherever it ends', () =>
  withDecoder('js', async () => {
    for (const name of ['jpeg-420.jpg', 'jpeg-progressive-420.jpg', 'jpeg-grey.jpg', 'jpeg-restart-420.jpg']) {
      const bytes = file(name);
      for (let end = 3; end < bytes.length; end += 7) await refused(bytes.subarray(0, end), /truncated|damaged/);
      await refused(bytes.subarray(0, bytes.length - 2), /truncated/);
    }
    for (const name of ['png-rgb8.png', 'png-rgb8-interlaced.png', 'png-palette4.png']) {
      const bytes = file(name);
      for (let end = 8; end < bytes.length - 12; end += 7) await refused(bytes.subarray(0, end), /truncated|damaged/);
    }
  }));

test('sizes are checked before anything is decoded', () =>
  withDecoder('js', async () => {
    const nothing = deflateSync(new Uint8Array(100));
    await refused(
      pngFile(100_000, 100_000, { colorType: 2 }, nothing),
      /100000×100000 is over the limit of 178956970 pixels/,
    );
    await refused(pngFile(0, 5, { colorType: 2 }, nothing), /0×5/);
    await refused(pngFile(13_000, 13_000, { colorType: 6 }, nothing), /truncated/);
    await refused(pngFile(5, 5, { colorType: 7 }, nothing), /color type 7/);
    const jpeg = file('jpeg-420.jpg');
    const sizeAt = jpeg.indexOf(Buffer.of(0xff, 0xc0)) + 5;
    const resized = (height: number, width: number) => {
      const copy = Buffer.from(jpeg);
      copy.writeUInt16BE(height, sizeAt);
      copy.writeUInt16BE(width, sizeAt + 2);
      return copy;
    };
    await refused(resized(65_500, 65_500), /65500×65500 is over the limit/);
    await refused(resized(10_000, 10_000), /too small for 10000×10000/);
    await refused(resized(0, 100), /100×0/);
  }));

test('a bomb in an interlaced PNG does not go off', () =>
  withDecoder('js', async () => {
    const bomb = deflateSync(new Uint8Array(200 << 20), { level: 9 });
    const before = process.memoryUsage().rss;
    await refused(pngFile(100, 100, { colorType: 2, interlaced: true }, bomb), /damaged/);
    assert.ok(process.memoryUsage().rss - before < 100 << 20);
  }));

test('a JPEG of endless scans is refused', () =>
  withDecoder('js', async () => {
    const bytes = file('jpeg-progressive-444.jpg');
    const scan = bytes.subarray(bytes.lastIndexOf(Buffer.of(0xff, 0xda)), bytes.length - 2);
    const scans = Array.from({ length: 600 }, () => scan);
    await refused(Buffer.concat([bytes.subarray(0, bytes.length - 2), ...scans, Buffer.of(0xff, 0xd9)]), /scans/);
  }));

test('so many pixels times scans as keep a machine busy are refused before they are decoded; usual ones are not', async () => {
  await refused(
    scannedJpeg(7071, 7071, 62),
    /^image of \d+ bytes in memory: .*62 scans of 7071×7071 pixels are 3099940542 to decode, over the limit of 2147483640; save it with fewer scans/,
  );
  await withDecoder('js', async () => {
    const image = await readImage(scannedJpeg(160, 130, 62));
    assert.equal([image.width, image.height], [160, 130]);
    assert.ok(image.data.every((value) => value === 128));
  });
  const usual = { width: 13_377, height: 13_377, scans: 12 };
  assert.is(scansProblem(usual, MAX_IMAGE_PIXELS), undefined);
  assert.match(scansProblem({ ...usual, scans: 13 }, MAX_IMAGE_PIXELS)!, /13 scans of 13377×13377/);
});

test('libjpeg decodes a file once, with junk between its markers or without, whatever it says of it', async () => {
  const bytes = file('jpeg-420.jpg');
  const withJunk = Buffer.concat([bytes.subarray(0, 2), Buffer.of(1, 2, 3), bytes.subarray(2)]);
  for (const jpeg of [bytes, withJunk]) {
    const given: Uint8Array[] = [];
    const turbo = {
      HEAPU8: new Uint8Array(0),
      JPEGDecoder: class {
        getEncodedBuffer = (size: number) => given[given.push(new Uint8Array(size)) - 1];
        decode = () => {
          throw new Error('warned');
        };
        getFrameInfo = () => ({ width: 1, height: 1, componentCount: 3 });
        getDecodedBuffer = () => new Uint8ClampedArray(3);
        delete = () => {};
      },
    };
    const image = await decodeJpeg(jpeg, readJpegHeader(jpeg), turbo);
    assert.equal(
      given.map((data) => Buffer.from(data)),
      [bytes].map((data) => Buffer.from(data)),
    );
    assert.ok(image.width > 1, 'another decoder has read it');
  }
});

test('damaged bits give a picture or a clear error, never anything else', () =>
  withDecoder('js', async () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    let [whole, refusals] = [0, 0];
    for (const name of expectedImages.keys()) {
      const original = file(name);
      for (let round = 0; round < 15; round++) {
        const bytes = Buffer.from(original);
        for (let flips = random(4); flips >= 0; flips--) bytes[random(bytes.length)] ^= 1 << random(8);
        try {
          const { width, height, data } = await readImage(bytes);
          assert.is(data.length, width * height * 3);
          whole++;
        } catch (error) {
          assert.instance(error, ResnetCocoError, `${name}: ${error}`);
          assert.is((error as ResnetCocoError).code, 'BAD_IMAGE');
          refusals++;
        }
      }
    }
    assert.ok(whole > 50 && refusals > 50, `${whole} whole, ${refusals} refused`);
  }));

test.run();

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cutRegions } from '../../../datasets/images/cut-regions.ts';
import { uprightSize } from '../../../datasets/images/exif-orientation.ts';
import { openImageRows } from '../../../datasets/images/image-rows.ts';
import { loadTiles } from '../../../datasets/images/load-tiles.ts';
import { ReducedImage, reductionTo } from '../../../datasets/images/reduced-image.ts';
import { checkSlicing, tilesOf } from '../../../datasets/images/tiles.ts';
import { type DetectionTransform, type Image, type ImageSource, transformImage } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { rejects } from '../../rejects.ts';
import { expectedImages, imagesDir, testPicture } from './test-picture.ts';
import { grayPng } from './test-png.ts';

const STREAMED = { wholePixels: 0 };

/** The image that its tiles make, and whether it was decoded row by row. */
async function fromTiles(source: ImageSource, slice: number, overlap: number) {
  const rows = await openImageRows(source, STREAMED);
  try {
    const size = uprightSize(rows, rows.orientation);
    const tiles = tilesOf(size, checkSlicing(slice, overlap));
    const data = new Uint8Array(size.width * size.height * 3);
    const seen = new Set<number>();
    for await (const { image, index } of cutRegions(rows, tiles)) {
      const { height, left, top, width } = tiles[index];
      assert.equal([image.width, image.height], [width, height]);
      seen.add(index);
      for (let y = 0; y < height; y++) {
        data.set(image.data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * size.width + left));
      }
    }
    assert.is(seen.size, tiles.length);
    return { image: { ...size, data }, isStreamed: rows.whole === undefined };
  } finally {
    await rows.close();
  }
}

test('tiles that are decoded row by row have the pixels of Pillow, of files and of bytes, in every orientation', async () => {
  let streamed = 0;
  for (const [name, { data, height, width }] of expectedImages) {
    if (!/^(jpeg|png)-/.test(name)) continue;
    const path = join(imagesDir, name);
    for (const source of [path, pathToFileURL(path).href, readFileSync(path)]) {
      for (const [slice, overlap] of [
        [7, 0.3],
        [16, 0],
      ]) {
        const { image, isStreamed } = await fromTiles(source, slice, overlap);
        assert.equal([image.width, image.height], [width, height], name);
        assert.ok(Buffer.compare(image.data, data) === 0, `${name} in tiles of ${slice}`);
        if (isStreamed) streamed++;
        const isWhole = /interlaced|arithmetic/.test(name);
        assert.is(isStreamed, !isWhole, name);
      }
    }
  }
  assert.ok(streamed > 100);
});

test('tiles are those of SAHI: the last ends with the image, and all have one size', () => {
  const places = (width: number, height: number, slice: number | [number, number], overlap: number) =>
    tilesOf({ width, height }, checkSlicing(slice, overlap)).map(({ height, left, top, width }) => [
      ...[left, top, left + width, top + height],
    ]);
  // sahi.slicing.get_slice_bboxes(height, width, …)
  assert.equal(places(1000, 640, 640, 0.2), [
    [0, 0, 640, 640],
    [360, 0, 1000, 640],
  ]);
  assert.equal(places(100, 70, [40, 30], 0.25), [
    [0, 0, 40, 30],
    [30, 0, 70, 30],
    [60, 0, 100, 30],
    [0, 23, 40, 53],
    [30, 23, 70, 53],
    [60, 23, 100, 53],
    [0, 40, 40, 70],
    [30, 40, 70, 70],
    [60, 40, 100, 70],
  ]);
  assert.equal(places(30, 20, 640, 0.2), [[0, 0, 30, 20]]);
  for (const slice of [0, 1.5, -3, Number.NaN, [640], [1, 2, 3], 1e9, '640']) {
    assert.throws(() => checkSlicing(slice as number, 0.2), /slice must be/);
  }
  for (const overlap of [-0.1, 1, Number.NaN]) assert.throws(() => checkSlicing(640, overlap), /overlap must be/);
  assert.throws(() => tilesOf({ width: 20_000, height: 20_000 }, checkSlicing(8, 0.9)), /tiles, over 1000000/);
});

test('a reduced image has the means of squares, also at its borders', () => {
  const image = testPicture(11, 7);
  const reduced = new ReducedImage(image, 3);
  for (let y = 0; y < 7; y++) reduced.add(image.data.subarray(y * 33, (y + 1) * 33));
  assert.equal([reduced.image.width, reduced.image.height], [4, 3]);
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 4; x++) {
      for (let c = 0; c < 3; c++) {
        const values: number[] = [];
        for (let v = 3 * y; v < Math.min(3 * y + 3, 7); v++) {
          for (let u = 3 * x; u < Math.min(3 * x + 3, 11); u++) values.push(image.data[(v * 11 + u) * 3 + c]);
        }
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        assert.is(reduced.image.data[(y * 4 + x) * 3 + c], Math.round(mean));
      }
    }
  }
  assert.is(reductionTo({ width: 20_000, height: 20_000 }, 2 ** 24), 5);
  assert.is(reductionTo({ width: 200, height: 100 }, 2 ** 24), 1);
});

const transform: DetectionTransform = {
  kind: 'detection',
  min_size: 24,
  max_size: 40,
  image_mean: [0.5, 0.4, 0.3],
  image_std: [0.2, 0.25, 0.3],
};

test('a thread makes inputs of tiles and then of the whole image', async () => {
  const image = testPicture(50, 40);
  const slicing = checkSlicing(30, 0.2);
  const load = (source: ImageSource, whole: boolean) =>
    loadTiles(source, { slicing, transform, whole, ahead: 1, rows: STREAMED });
  const tiles = [];
  for await (const tile of load(image, true)) tiles.push(tile);
  assert.equal(
    tiles.map(({ height, index, left, top, total, width }) => [index, total, left, top, width, height]),
    [
      [0, 5, 0, 0, 30, 30],
      [1, 5, 20, 0, 30, 30],
      [2, 5, 0, 10, 30, 30],
      [3, 5, 20, 10, 30, 30],
      [4, 5, 0, 0, 50, 40],
    ],
  );
  const cut: Image = { width: 30, height: 30, data: new Uint8Array(2700) };
  for (let y = 0; y < 30; y++) cut.data.set(image.data.subarray(3 * (y * 50 + 20), 3 * (y * 50 + 50)), y * 90);
  assert.equal(tiles[1].tensor, transformImage(cut, transform));
  assert.equal(tiles[4].tensor, transformImage(image, transform));
  for await (const { total } of load(image, false)) assert.is(total, 4);
  // A loop that ends early ends the thread.
  for await (const _ of load(image, true)) break;
  // An image of one tile is seen once.
  const small = testPicture(20, 10);
  for await (const { total } of load(small, true)) assert.is(total, 1);
  // What is damaged further down is known when it is reached.
  const png = grayPng(Array.from({ length: 64 }, (_, y) => Array.from({ length: 64 }, (_, x) => (x * y * 7) % 251)));
  const damaged = Buffer.concat([png.subarray(0, 60), Buffer.alloc(20, 7), png.subarray(80)]);
  const all = async () => {
    for await (const _ of load(damaged, true));
  };
  await rejects(all(), 'BAD_IMAGE', /cannot be decoded as PNG/);
  const stop = new AbortController();
  const aborted = loadTiles(image, { slicing, transform, whole: true, ahead: 1, signal: stop.signal });
  await aborted.next();
  stop.abort(new ResnetCocoError('USAGE', 'enough'));
  await rejects(aborted.next(), 'USAGE', /enough/);
});

test.run();

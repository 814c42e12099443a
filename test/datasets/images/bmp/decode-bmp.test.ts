import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeImage, readImage, readImageSize } from '../../../../datasets/index.ts';
import { rejects } from '../../../rejects.ts';
import { expectedImages, imagesDir, testPicture } from '../test-picture.ts';

const test = suite('decode-bmp');
const folder = mkdtempSync(join(tmpdir(), 'decode-bmp-'));
test.after(() => rmSync(folder, { recursive: true }));

interface Kind {
  readonly depth: number;
  readonly compression?: number;
  /** Blue, green, red of each color. */
  readonly palette?: readonly number[][];
  readonly masks?: readonly number[];
  readonly headerSize?: number;
}

/** A BMP file of stored rows, each with its padding; a negative height for rows from top to bottom. */
function bmp(width: number, height: number, kind: Kind, rows: readonly number[]): Buffer {
  const { depth, compression = 0, palette = [], masks = [], headerSize = 40 } = kind;
  const header = Buffer.alloc(Math.max(headerSize, 40));
  header.writeUInt32LE(headerSize, 0);
  if (headerSize === 12) header.set([width, 0, height, 0, 1, 0, depth, 0], 4);
  else {
    header.writeInt32LE(width, 4);
    header.writeInt32LE(height, 8);
    header.set([1, 0, depth, 0], 12);
    header.writeUInt32LE(compression, 16);
    header.writeUInt32LE(palette.length, 32);
  }
  const maskBytes = Buffer.from(Uint32Array.from(masks).buffer);
  if (headerSize > 40) header.set(maskBytes, 40);
  const colors = Buffer.from(palette.flatMap((color) => (headerSize === 12 ? color : [...color, 0])));
  const head = Buffer.concat([header.subarray(0, headerSize), headerSize === 40 ? maskBytes : Buffer.alloc(0), colors]);
  const file = Buffer.alloc(14);
  file.write('BM', 'latin1');
  file.writeUInt32LE(14 + head.length, 10);
  return Buffer.concat([file, head, Buffer.from(rows)]);
}

const values = async (bytes: Uint8Array): Promise<number[]> => Array.from((await readImage(bytes)).data);
const [BLACK, BLUE, GREEN, RED] = [
  [0, 0, 0],
  [255, 0, 0],
  [0, 200, 0],
  [0, 0, 100],
];
const palette = [BLACK, BLUE, GREEN, RED];
/** RGB values of pixels that number colors of that palette. */
const colors = (...indices: number[]): number[] => indices.flatMap((i) => palette[i].toReversed());

test('Pillow’s own file, its size from the header, and there and back', async () => {
  const path = join(imagesDir, 'other.bmp');
  const { width, height, data } = expectedImages.get('other.bmp')!;
  const image = await readImage(path);
  assert.equal(image, { width, height, data, format: 'bmp' });
  assert.equal(await readImageSize(path), { width, height });
  const picture = testPicture(5, 3);
  assert.equal(await readImage(await encodeImage(picture, 'bmp')), { ...picture, format: 'bmp' });
});

test('the name does not matter', async () => {
  for (const name of ['noext', 'photo.jpg_large']) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(join(imagesDir, 'other.bmp')));
    assert.is((await readImage(path)).format, 'bmp');
  }
});

test('palettes of 1, 2, 4 and 8 bits, from the bottom up and from the top down, and OS/2’s', async () => {
  const files: [Kind, number[]][] = [
    [{ depth: 1, palette: palette.slice(0, 2) }, [0b01100000, 0, 0, 0, 0b10000000, 0, 0, 0]],
    [{ depth: 2, palette }, [0b00010100, 0, 0, 0, 0b01000000, 0, 0, 0]],
    [{ depth: 4, palette }, [0x01, 0x10, 0, 0, 0x10, 0x00, 0, 0]],
    [{ depth: 8, palette }, [0, 1, 1, 0, 1, 0, 0, 0]],
    [
      { depth: 8, palette: [...palette, ...Array<number[]>(252).fill(BLACK)], headerSize: 12 },
      [0, 1, 1, 0, 1, 0, 0, 0],
    ],
  ];
  for (const [kind, rows] of files) {
    const name = `${kind.depth} bits, header of ${kind.headerSize ?? 40}`;
    assert.equal(await values(bmp(3, 2, kind, rows)), colors(1, 0, 0, 0, 1, 1), name);
    if (!kind.headerSize) assert.equal(await values(bmp(3, -2, kind, rows)), colors(0, 1, 1, 1, 0, 0), name);
  }
  assert.equal(
    await values(bmp(2, 1, { depth: 8, palette }, [3, 77, 0, 0])),
    colors(3, 0),
    'a color that is not there',
  );
});

test('16, 24 and 32 bits with any masks', async () => {
  assert.equal(await values(bmp(1, 1, { depth: 24 }, [1, 2, 3, 0])), [3, 2, 1]);
  assert.equal(await values(bmp(1, 1, { depth: 32 }, [1, 2, 3, 99])), [3, 2, 1]);
  // 5 bits each: 31, 16 and 1 of 31.
  assert.equal(await values(bmp(1, 1, { depth: 16 }, [0x01, 0x7e, 0, 0])), [255, 131, 8]);
  const masked = (depth: number, masks: number[], rows: number[], headerSize = 40) =>
    values(bmp(1, 1, { depth, compression: 3, masks, headerSize }, rows));
  assert.equal(await masked(16, [0xf800, 0x7e0, 0x1f], [0x21, 0xf8, 0, 0]), [255, 4, 8]);
  assert.equal(await masked(16, [0xf00, 0xf0, 0x0f], [0x21, 0x0f, 0, 0]), [255, 34, 17]);
  assert.equal(await masked(32, [0xff000000, 0xff0000, 0xff00], [99, 1, 2, 3]), [3, 2, 1]);
  assert.equal(await masked(32, [0xff, 0xff00, 0xff0000], [1, 2, 3, 99], 124), [1, 2, 3]);
  assert.equal(await masked(32, [0xffc00000, 0x3ff000, 0xffc], [0xfc, 0x0f, 0, 0x80]), [127, 0, 255]);
  assert.equal(await masked(32, [0, 0, 0], [1, 2, 3, 99]), [3, 2, 1], 'masks of zeros are the usual ones');
  await rejects(masked(32, [0xff00ff, 0xff00, 0xff], [1, 2, 3, 4]), 'BAD_IMAGE', /mask 0xff00ff has gaps/);
});

test('run lengths of 8 and 4 bits: runs, single pixels, moves, ends of rows', async () => {
  const rle8 = [3, 1, 0, 0, /* 3 single, padded */ 0, 3, 2, 3, 2, 0, 0, 1];
  assert.equal(await values(bmp(3, 2, { depth: 8, compression: 1, palette }, rle8)), colors(2, 3, 2, 1, 1, 1));
  const moved = [1, 1, 0, 2, 1, 1, 1, 2, 0, 1]; // one to the right and one up, the rest is left out
  assert.equal(await values(bmp(3, 2, { depth: 8, compression: 1, palette }, moved)), colors(0, 0, 2, 1, 0, 0));
  const beyond = [9, 1, 0, 0, 3, 2, 0, 1];
  assert.equal(await values(bmp(3, 2, { depth: 8, compression: 1, palette }, beyond)), colors(2, 2, 2, 1, 1, 1));
  // A run of two colors in turn; then five single pixels in three bytes and one to fill up, which Pillow misreads.
  const rle4 = [5, 0x12, 0, 0, 0, 5, 0x12, 0x31, 0x20, 0, 0, 1];
  const expected = colors(1, 2, 3, 1, 2, 1, 2, 1, 2, 1);
  assert.equal(await values(bmp(5, 2, { depth: 4, compression: 2, palette }, rle4)), expected);
  await rejects(values(bmp(3, 2, { depth: 8, compression: 1, palette }, [3, 1, 0])), 'BAD_IMAGE', /truncated/);
});

test('what is cut short or of another kind is refused with its reason', async () => {
  const whole = readFileSync(join(imagesDir, 'other.bmp'));
  for (let end = 30; end < whole.length; end += 50) {
    await rejects(readImage(whole.subarray(0, end)), 'BAD_IMAGE', /truncated/);
  }
  await rejects(values(bmp(1, 1, { depth: 24, compression: 4 }, [1, 2, 3, 0])), 'BAD_IMAGE', /compression 4/);
  await rejects(values(bmp(1, 1, { depth: 7 }, [0, 0, 0, 0])), 'BAD_IMAGE', /7 bits a pixel/);
  await rejects(values(bmp(70_000, 70_000, { depth: 24 }, [])), 'BAD_IMAGE', /over the limit/);
  await rejects(values(bmp(0, 1, { depth: 24 }, [])), 'BAD_IMAGE', /0×1/);
});

test.run();

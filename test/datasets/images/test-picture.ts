import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { Image } from '../../../datasets/index.ts';
import { fixturesDir } from '../../shared-data.ts';

/** The picture that test/fixtures/make_resize.py makes: every channel of every pixel another level, with edges. */
export function testPicture(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const edges = ((Math.floor(x / 5) + Math.floor(y / 3)) % 2) * 90;
      for (let c = 0; c < 3; c++) data[i++] = x * 37 + y * 101 + c * 59 + ((x * y) % 17) * 11 + edges;
    }
  }
  return { width, height, data };
}

export const imagesDir = join(fixturesDir, 'images');

/** Width, height and Pillow's RGB values of each picture in test/fixtures/images. */
export const expectedImages = new Map(
  Object.entries(
    JSON.parse(readFileSync(join(imagesDir, 'expected.json'), 'utf8')) as Record<
      string,
      { width: number; height: number; rgb: string }
    >,
  ).map(([name, { width, height, rgb }]): [string, Image] => [name, { width, height, data: unpackBytes(rgb) }]),
);

/** Deflated bytes, as the scripts of the fixtures store them. */
export function unpackBytes(packed: string): Uint8Array {
  return new Uint8Array(inflateSync(Buffer.from(packed, 'base64')));
}

/** Deflated 32-bit floats. */
export const unpackFloats = (packed: string): Float32Array => new Float32Array(unpackBytes(packed).buffer);

/** The largest difference of two series of numbers of equal length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

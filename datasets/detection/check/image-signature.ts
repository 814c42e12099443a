/** What an image looks like in a few bytes, to find the same picture in another size, format or brightness. */
import type { ClassificationTransform } from '../../images/transform.ts';

/** Side of the small picture that a signature is made of. */
const SIDE = 32;
/** Side of the square of low frequencies that the hash is made of, and of the picture kept for comparison. */
const [LOW, KEPT] = [8, 16];

/** An image as a signature needs it: squeezed to a square, colors from 0 to 1. */
export const signatureTransform: ClassificationTransform = {
  kind: 'classification',
  ...{ resize_size: SIDE, crop_size: SIDE, crop_mode: 'squash', image_mean: [0, 0, 0], image_std: [1, 1, 1] },
};

export interface ImageSignature {
  /** Signs of 63 low frequencies against their median (pHash), in two words. */
  readonly hash: readonly [number, number];
  /** The picture at 16 × 16 pixels in gray. */
  readonly gray: Float32Array;
  /** Its mean color. */
  readonly color: readonly [number, number, number];
}

/** cos((2x + 1) u π / 2N), the discrete cosine transform's rows of low frequency. */
const COSINES = Float64Array.from({ length: LOW * SIDE }, (_, i) =>
  Math.cos(((2 * (i % SIDE) + 1) * Math.floor(i / SIDE) * Math.PI) / (2 * SIDE)),
);

/** @param pixels 32 × 32 × 3 from 0 to 1, by `signatureTransform` */
export function imageSignature(pixels: Float32Array): ImageSignature {
  const gray = new Float32Array(SIDE * SIDE);
  const color: [number, number, number] = [0, 0, 0];
  for (let p = 0; p < gray.length; p++) {
    const [r, g, b] = [pixels[3 * p], pixels[3 * p + 1], pixels[3 * p + 2]];
    gray[p] = 0.299 * r + 0.587 * g + 0.114 * b;
    color[0] += r / gray.length;
    color[1] += g / gray.length;
    color[2] += b / gray.length;
  }
  return { hash: hashOf(gray), gray: halved(gray), color };
}

function hashOf(gray: Float32Array): readonly [number, number] {
  const rows = new Float64Array(LOW * SIDE);
  for (let u = 0; u < LOW; u++)
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) rows[u * SIDE + y] += COSINES[u * SIDE + x] * gray[y * SIDE + x];
  const frequencies = new Float64Array(LOW * LOW);
  for (let v = 0; v < LOW; v++)
    for (let u = 0; u < LOW; u++)
      for (let y = 0; y < SIDE; y++) frequencies[v * LOW + u] += COSINES[v * SIDE + y] * rows[u * SIDE + y];
  // The first is the brightness.
  const median = frequencies.slice(1).sort()[31];
  const words: [number, number] = [0, 0];
  for (let i = 1; i < frequencies.length; i++) if (frequencies[i] > median) words[i >> 5] |= 1 << (i & 31);
  return words;
}

function halved(gray: Float32Array): Float32Array {
  const out = new Float32Array(KEPT * KEPT);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) out[(y >> 1) * KEPT + (x >> 1)] += gray[y * SIDE + x] / 4;
  return out;
}

function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The number of bits in which two hashes differ. */
export const hashDistance = (a: ImageSignature['hash'], b: ImageSignature['hash']): number =>
  bitsOf(a[0] ^ b[0]) + bitsOf(a[1] ^ b[1]);

/** Hashes of near-duplicates differ in fewer bits than this, so that one of their 8 bytes is the same. */
export const HASH_LIMIT = 8;
/** The least correlation of their gray pictures, and the greatest distance of their mean colors in each channel. */
const [CORRELATION, COLOR] = [0.97, 0.15];
/** Pictures whose gray varies less than this are flat: their hashes are noise. */
const FLAT = 0.01;

/** Whether two images show the same picture, whatever its size, format and brightness. */
export function looksAlike(a: ImageSignature, b: ImageSignature): boolean {
  if (hashDistance(a.hash, b.hash) >= HASH_LIMIT) return false;
  if (a.color.some((value, channel) => Math.abs(value - b.color[channel]) > COLOR)) return false;
  const n = a.gray.length;
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanA, meanB] = [mean(a.gray), mean(b.gray)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [da, db] = [a.gray[i] - meanA, b.gray[i] - meanB];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  const flat = n * FLAT * FLAT;
  if (aa < flat || bb < flat) return aa < flat && bb < flat && Math.abs(meanA - meanB) < FLAT;
  return ab / Math.sqrt(aa * bb) >= CORRELATION;
}

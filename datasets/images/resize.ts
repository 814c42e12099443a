/**
 * The two kinds of resizing that published weights are trained and measured with: Pillow's antialiased filters on bytes
 * (classification), torch's plain bilinear on floats (detection). Both are separable: a pass along rows, then one along
 * columns. Pictures are H × W × 3.
 */
import type { Image } from './image.ts';

/** A rectangle of a picture, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Weights are integers over 2²²: 8 bits of pixel and 2 bits of headroom fill 32, as in Pillow. */
const PRECISION_BITS = 32 - 8 - 2;
const ONE = 1 << PRECISION_BITS;
const HALF = 1 << (PRECISION_BITS - 1);

/** Names of Pillow's filters. */
export const interpolations = ['bilinear', 'bicubic', 'lanczos'] as const;
export type Interpolation = (typeof interpolations)[number];

/** A filter by the distance from its center, in output pixels when shrinking and in input pixels when enlarging. */
interface Kernel {
  /** The distance at which it ends. */
  readonly support: number;
  readonly at: (distance: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys' cubic convolution with a = −½, as in Pillow; OpenCV and torch's tensors without antialiasing have −¾. */
const A = -0.5;

const KERNELS: Readonly<Record<Interpolation, Kernel>> = {
  bilinear: { support: 1, at: (x) => Math.max(1 - Math.abs(x), 0) },
  bicubic: {
    support: 2,
    at: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    },
  },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** For each output position: its first input, the number of inputs, and their weights (`stride` apart). */
interface Filter {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/**
 * Pillow's `precompute_coeffs` (`Resample.c`), for outputs `from` … `from + size − 1`. When shrinking, the kernel is as
 * wide in output pixels as it is in input pixels otherwise, which antialiases.
 */
function filterOf(kernel: Kernel, inSize: number, outSize: number, from: number, size: number): Filter {
  const scale = inSize / outSize;
  const widening = Math.max(scale, 1);
  const support = kernel.support * widening;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weights = new Int32Array(size * stride);
  const exact = new Float64Array(stride);
  const perInput = 1 / widening;
  for (let i = 0; i < size; i++) {
    const center = (from + i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const n = Math.min(Math.trunc(center + support + 0.5), inSize) - start;
    let sum = 0;
    for (let k = 0; k < n; k++) {
      exact[k] = kernel.at((k + start - center + 0.5) * perInput);
      sum += exact[k];
    }
    for (let k = 0; k < n; k++) {
      const weight = exact[k] / sum;
      weights[i * stride + k] = Math.trunc(weight * ONE + (weight < 0 ? -0.5 : 0.5));
    }
    first[i] = start;
    count[i] = n;
  }
  return { first, count, weights, stride };
}

/** Settings of `resizeAntialiased`. */
export interface ResizeOptions {
  /** The part of the result to compute; the whole by default. */
  readonly region?: Region;
  /** Pillow's filter; `bilinear` by default. */
  readonly interpolation?: Interpolation | undefined;
}

/** Pillow's `image.resize((width, height), …)` with one of its antialiased filters, bit for bit. */
export function resizeAntialiased(
  image: Image,
  width: number,
  height: number,
  { interpolation = 'bilinear', region: part = { left: 0, top: 0, width, height } }: ResizeOptions = {},
): Image {
  const kernel = KERNELS[interpolation];
  const columns = filterOf(kernel, image.width, width, part.left, part.width);
  const rows = filterOf(kernel, image.height, height, part.top, part.height);
  const last = part.height - 1;
  const top = rows.first[0];
  const bottom = rows.first[last] + rows.count[last];
  // A side that keeps its length is unchanged: each of its filters has one weight of 1, and others of 0.
  const lines = filterRows(image, columns, part.width, top, bottom);
  return { width: part.width, height: part.height, data: filterColumns(lines, rows, part.width, part.height, top) };
}

/** Filters along the rows, for input rows `top` … `bottom − 1`. */
function filterRows(image: Image, filter: Filter, width: number, top: number, bottom: number): Uint8ClampedArray {
  const { first, count, weights, stride } = filter;
  const { data } = image;
  const out = new Uint8ClampedArray((bottom - top) * width * 3);
  for (let y = top, o = 0; y < bottom; y++) {
    const row = y * image.width;
    for (let x = 0; x < width; x++) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      for (let k = 0, p = (row + first[x]) * 3, w = x * stride; k < count[x]; k++, p += 3, w++) {
        const weight = weights[w];
        r += Math.imul(data[p], weight);
        g += Math.imul(data[p + 1], weight);
        b += Math.imul(data[p + 2], weight);
      }
      out[o++] = r >> PRECISION_BITS;
      out[o++] = g >> PRECISION_BITS;
      out[o++] = b >> PRECISION_BITS;
    }
  }
  return out;
}

/** Filters along the columns; `lines` begin at input row `top`. */
function filterColumns(lines: Uint8ClampedArray, filter: Filter, width: number, height: number, top: number) {
  const { first, count, weights, stride } = filter;
  const length = width * 3;
  const out = new Uint8Array(height * length);
  const clamped = new Uint8ClampedArray(out.buffer);
  const sums = new Int32Array(length);
  for (let y = 0, o = 0; y < height; y++, o += length) {
    sums.fill(HALF);
    for (let k = 0, p = (first[y] - top) * length; k < count[y]; k++, p += length) {
      const weight = weights[y * stride + k];
      for (let i = 0; i < length; i++) sums[i] += Math.imul(lines[p + i], weight);
    }
    for (let i = 0; i < length; i++) clamped[o + i] = sums[i] >> PRECISION_BITS;
  }
  return out;
}

/** For each output position: the two inputs around it, and the weight of the second. */
interface Neighbors {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float64Array;
}

/**
 * ATen's `area_pixel_compute_source_index` without `align_corners`: a 32-bit scale and 64-bit positions, as in torch
 * 1.13. Torch 2 rounds positions to 32 bits too, which changes a weight by up to 6e-5 at 1,000 pixels.
 */
function interpolation(inSize: number, outSize: number): Neighbors {
  const scale = Math.fround(inSize / outSize);
  const first = new Int32Array(outSize);
  const second = new Int32Array(outSize);
  const share = new Float64Array(outSize);
  for (let i = 0; i < outSize; i++) {
    const at = Math.max(scale * (i + 0.5) - 0.5, 0);
    first[i] = Math.min(Math.floor(at), inSize - 1);
    second[i] = Math.min(first[i] + 1, inSize - 1);
    share[i] = Math.min(at - first[i], 1);
  }
  return { first, second, share };
}

/**
 * torch's `interpolate(x, size=(outHeight, outWidth), mode='bilinear', align_corners=False)`, not antialiased.
 *
 * @param loadRow writes row y of the input (inWidth × 3) into an array; called only for needed rows, from top to bottom
 * @returns outHeight × outWidth × 3
 */
export function resizeBilinear(
  loadRow: (y: number, into: Float32Array) => void,
  [inHeight, inWidth]: readonly [number, number],
  [outHeight, outWidth]: readonly [number, number],
): Float32Array {
  const rows = interpolation(inHeight, outHeight);
  const columns = interpolation(inWidth, outWidth);
  const input = new Float32Array(inWidth * 3);
  const length = outWidth * 3;
  const out = new Float32Array(outHeight * length);
  let [upper, lower] = [new Float32Array(length), new Float32Array(length)];
  let [upperY, lowerY] = [-1, -1];
  for (let y = 0; y < outHeight; y++) {
    // From top to bottom, the second of two rows is often the first of the next two.
    if (rows.first[y] === lowerY) {
      [upper, lower] = [lower, upper];
      [upperY, lowerY] = [lowerY, upperY];
    }
    if (rows.first[y] !== upperY) {
      upperY = rows.first[y];
      loadRow(upperY, input);
      interpolateAlong(input, columns, upper);
    }
    if (rows.second[y] !== lowerY) {
      lowerY = rows.second[y];
      loadRow(lowerY, input);
      interpolateAlong(input, columns, lower);
    }
    interpolateBetween(upper, lower, rows.share[y], out, y * length);
  }
  return out;
}

/** OpenCV's weights are integers over 2¹¹. */
const COEFFICIENT_BITS = 11;

/**
 * For each output position of OpenCV's bilinear resizing: the two inputs around it, and their weights. Beyond an edge
 * columns have one input; rows have the same one twice, and are rounded twice.
 */
function fixedInterpolation(inSize: number, outSize: number, isOfColumns: boolean) {
  const [first, second] = [new Int32Array(outSize), new Int32Array(outSize)];
  const [ofFirst, ofSecond] = [new Int32Array(outSize), new Int32Array(outSize)];
  const scale = 1 / (outSize / inSize);
  for (let i = 0; i < outSize; i++) {
    const at = Math.fround((i + 0.5) * scale - 0.5);
    const floor = Math.floor(at);
    const isInside = floor >= 0 && floor < inSize - 1;
    const share = isInside || !isOfColumns ? Math.fround(at - floor) : 0;
    first[i] = Math.min(Math.max(floor, 0), inSize - 1);
    second[i] = Math.min(Math.max(floor + 1, 0), inSize - 1);
    ofFirst[i] = roundedToEven(Math.fround(1 - share) * 2 ** COEFFICIENT_BITS);
    ofSecond[i] = roundedToEven(share * 2 ** COEFFICIENT_BITS);
  }
  return { first, second, ofFirst, ofSecond };
}

function roundedToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** OpenCV's `resize(image, (width, height), interpolation=INTER_LINEAR)` of bytes, which is not antialiased. */
export function resizePlain(image: Image, width: number, height: number): Image {
  const columns = fixedInterpolation(image.width, width, true);
  const rows = fixedInterpolation(image.height, height, false);
  const length = width * 3;
  const data = new Uint8Array(height * length);
  let [upper, lower] = [new Int32Array(length), new Int32Array(length)];
  let [upperY, lowerY] = [-1, -1];
  const stretch = (y: number, into: Int32Array) => {
    const row = y * image.width;
    for (let x = 0, o = 0; x < width; x++) {
      const [p, q] = [3 * (row + columns.first[x]), 3 * (row + columns.second[x])];
      const [ofP, ofQ] = [columns.ofFirst[x], columns.ofSecond[x]];
      for (let channel = 0; channel < 3; channel++, o++) {
        into[o] = image.data[p + channel] * ofP + image.data[q + channel] * ofQ;
      }
    }
  };
  for (let y = 0, o = 0; y < height; y++) {
    // From top to bottom, the second of two rows is often the first of the next two.
    if (rows.first[y] === lowerY) {
      [upper, lower] = [lower, upper];
      [upperY, lowerY] = [lowerY, upperY];
    }
    if (rows.first[y] !== upperY) {
      upperY = rows.first[y];
      stretch(upperY, upper);
    }
    if (rows.second[y] !== lowerY) {
      lowerY = rows.second[y];
      stretch(lowerY, lower);
    }
    const [ofUpper, ofLower] = [rows.ofFirst[y], rows.ofSecond[y]];
    for (let i = 0; i < length; i++, o++) {
      const sum = ((ofUpper * (upper[i] >> 4)) >> 16) + ((ofLower * (lower[i] >> 4)) >> 16);
      data[o] = (sum + 2) >> 2;
    }
  }
  return { width, height, data };
}

// Functions of their own: V8 compiles these loops to twice the speed they have inside the function above.

function interpolateAlong(row: Float32Array, { first, second, share }: Neighbors, out: Float32Array): void {
  for (let x = 0, o = 0; x < first.length; x++, o += 3) {
    const p = first[x] * 3;
    const q = second[x] * 3;
    const s = share[x];
    out[o] = row[p] + (row[q] - row[p]) * s;
    out[o + 1] = row[p + 1] + (row[q + 1] - row[p + 1]) * s;
    out[o + 2] = row[p + 2] + (row[q + 2] - row[p + 2]) * s;
  }
}

function interpolateBetween(upper: Float32Array, lower: Float32Array, share: number, out: Float32Array, at: number) {
  for (let i = 0; i < upper.length; i++) out[at + i] = upper[i] + (lower[i] - upper[i]) * share;
}

/** The image, reduced to a longer side of at most `side` pixels if needed. */
export function shrunk(image: Image, side: number): Image {
  const scale = side / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const scaled = (size: number) => Math.max(1, Math.round(size * scale));
  return resizeAntialiased(image, scaled(image.width), scaled(image.height));
}

/** Pictures with a longer side below this are enlarged for viewing, to at least `LEGIBLE` pixels. */
export const SMALL = 160;
const LEGIBLE = 320;

/** The factor by which a picture is enlarged for viewing; 1 for all but small ones. */
export function enlargement({ width, height }: { readonly width: number; readonly height: number }): number {
  const longer = Math.max(width, height);
  return longer < SMALL ? Math.ceil(LEGIBLE / longer) : 1;
}

/** The picture with each pixel as a square of `factor` × `factor`. */
export function enlarged(image: Image, factor: number): Image {
  if (factor === 1) return image;
  const [width, height] = [image.width * factor, image.height * factor];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x++, to += 3) {
      const from = 3 * (row + Math.floor(x / factor));
      data[to] = image.data[from];
      data[to + 1] = image.data[from + 1];
      data[to + 2] = image.data[from + 2];
    }
  }
  return { ...image, width, height, data };
}

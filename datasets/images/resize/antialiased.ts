/**
 * Pillow's antialiased filters on bytes, with which classifiers are trained and measured. They are separable: a pass along
 * rows, then one along columns. Pictures are H × W × 3.
 */
import type { Image } from '../image.ts';
import type { Region } from '../region.ts';

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

/** torch's plain bilinear interpolation on floats, with which torchvision's detectors are trained and measured. */
import { betweenRows } from './between-rows.ts';

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
  betweenRows(
    rows,
    [new Float32Array(length), new Float32Array(length)],
    (y, into) => {
      loadRow(y, input);
      interpolateAlong(input, columns, into);
    },
    (upper, lower, y) => interpolateBetween(upper, lower, rows.share[y], out, y * length),
  );
  return out;
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

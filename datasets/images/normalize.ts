import { ResnetCocoError } from '../../errors.ts';
import type { Image } from './image.ts';

/** (x / 255 − mean) / std for every level of red, green and blue. */
export type Levels = readonly Float32Array[];

/**
 * Rounds each step to 32 bits, as torch does.
 *
 * @throws ResnetCocoError BAD_CONFIG when mean or std does not have three numbers
 */
export function normalizedLevels(mean: readonly number[], std: readonly number[]): Levels {
  if (mean.length !== 3 || std.length !== 3) {
    throw new ResnetCocoError('BAD_CONFIG', 'transform: image_mean and image_std need one number for each of R, G, B');
  }
  return mean.map((m, channel) =>
    new Float32Array(256).map((_, x) => Math.fround(Math.fround(x / 255) - Math.fround(m)) / Math.fround(std[channel])),
  );
}

/** Writes a normalized picture, [H, W, 3], to `out` from element `at`. */
export function normalizeInto({ data }: Image, [red, green, blue]: Levels, out: Float32Array, at: number): void {
  for (let p = 0, o = at; p < data.length; p += 3, o += 3) {
    out[o] = red[data[p]];
    out[o + 1] = green[data[p + 1]];
    out[o + 2] = blue[data[p + 2]];
  }
}

import { ResnetCocoError } from '../../errors.ts';
import type { Image } from './image.ts';

/** The order of the channels in a network's input: networks of Caffe and of Detectron2 have blue first. */
export const channelOrders = ['rgb', 'bgr'] as const;
export type ChannelOrder = (typeof channelOrders)[number];

/** How the channels of a network's input are made of an image's. */
export interface Levels {
  /** (x / 255 − mean) / std for every level of each channel of the input. */
  readonly values: readonly Float32Array[];
  /** The channel of the image, of red, green and blue, that each channel of the input has. */
  readonly from: readonly number[];
}

/**
 * Rounds each step to 32 bits, as torch does.
 *
 * @param mean of each channel of the input, in their order
 * @throws ResnetCocoError BAD_CONFIG when mean or std does not have three numbers
 */
export function normalizedLevels(
  mean: readonly number[],
  std: readonly number[],
  order: ChannelOrder | undefined = 'rgb',
): Levels {
  if (mean.length !== 3 || std.length !== 3) {
    throw new ResnetCocoError('BAD_CONFIG', 'transform: image_mean and image_std need one number for each channel');
  }
  const values = mean.map((m, channel) =>
    new Float32Array(256).map((_, x) => Math.fround(Math.fround(x / 255) - Math.fround(m)) / Math.fround(std[channel])),
  );
  return { values, from: order === 'bgr' ? [2, 1, 0] : [0, 1, 2] };
}

/** Writes a normalized picture, [H, W, 3], to `out` from element `at`. */
export function normalizeInto({ data }: Image, levels: Levels, out: Float32Array, at: number): void {
  normalizePixels(data, 0, data.length, levels, out, at);
}

/** Writes the normalized pixels of `data` from element `start` to `end` to `out` from element `at`. */
export function normalizePixels(
  data: Uint8Array | Uint8ClampedArray,
  start: number,
  end: number,
  { from: [i, j, k], values: [first, second, third] }: Levels,
  out: Float32Array,
  at: number,
): void {
  for (let p = start, o = at; p < end; p += 3, o += 3) {
    out[o] = first[data[p + i]];
    out[o + 1] = second[data[p + j]];
    out[o + 2] = third[data[p + k]];
  }
}

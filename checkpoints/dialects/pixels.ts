import type { StoredTensor } from '../stored-tensor.ts';
import { toFloat32 } from '../to-float32.ts';
import type { Translation } from './dialect.ts';
import { withChannelsReversed } from './tensor-edits.ts';

/** A number of each channel, which a file stores; undefined for another tensor. */
export const numbersOfChannels = (tensor: StoredTensor | undefined): readonly number[] | undefined =>
  tensor && tensor.shape.reduce((product, size) => product * size, 1) === 3 ? [...toFloat32(tensor)] : undefined;

/** Of ImageNet's means, blue is the least: these begin with it. */
export const beginsWithBlue = (mean: readonly number[]): boolean => mean[0] < mean[2];

/** How images are normalized: numbers of pixels from 0 to 255, in the order of a network's input. */
export interface Pixels {
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
  readonly isBgr: boolean;
}

/** The same in the words of a configuration: of red, green and blue, from 0 to 1. */
export function pixelSettings({ isBgr, mean, std }: Pixels): Translation['settings'] {
  const inRgb = (values: readonly number[]) => (isBgr ? [...values].reverse() : values).map((value) => value / 255);
  return { ...(mean && { image_mean: inRgb(mean) }), ...(std && { image_std: inRgb(std) }) };
}

/** Turns the first filter of a network that sees blue, green and red to one that sees red, green and blue, in place. */
export function turnStem(tensors: Map<string, StoredTensor>, name: string, { isBgr }: Pick<Pixels, 'isBgr'>): void {
  const stem = tensors.get(name);
  if (stem && isBgr) tensors.set(name, withChannelsReversed(stem));
}

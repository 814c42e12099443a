import type { Random } from '../../io/random.ts';
import type { ImageSize } from '../images/image-size.ts';
import type { Region } from '../images/resize.ts';

/**
 * torchvision's `ScaleJitter` and `FixedSizeCrop`, the large-scale jittering of Ghiasi et al. 2021 ("Simple
 * Copy-Paste", §3): a picture becomes larger or smaller by a random factor than the size that it would be resized to;
 * of one that becomes larger, a random part of that size is left.
 */
export interface ScaleJitter {
  /** The factor, at least and at most; by default 0.1 to 2. */
  readonly scale_range?: readonly number[] | undefined;
}

/** What is left of a picture, and by how much the result is smaller than usual. */
export interface JitteredScale {
  /** In pixels of the picture; undefined for all of it. */
  readonly region: Region | undefined;
  /** At most 1. */
  readonly factor: number;
}

/** The part is cut out before resizing, so that what falls outside of it costs nothing. */
export function jitteredScale(
  size: ImageSize,
  { scale_range: [low, high] = [0.1, 2] }: ScaleJitter,
  random: Random,
): JitteredScale {
  const factor = random.uniform(low, high);
  if (factor <= 1) return { region: undefined, factor };
  const [width, height] = [size.width, size.height].map((side) => Math.max(1, Math.round(side / factor)));
  const left = random.integer(size.width - width + 1);
  return { region: { left, top: random.integer(size.height - height + 1), width, height }, factor: 1 };
}

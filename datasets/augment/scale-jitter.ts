import type { Random } from '../../io/random.ts';
import type { ImageSize } from '../images/image-size.ts';
import type { Region } from '../images/region.ts';

/**
 * torchvision's `ScaleJitter` and `FixedSizeCrop`, the large-scale jittering of Ghiasi et al. 2021 ("Simple
 * Copy-Paste", §3): scales a picture by a random factor relative to its usual resized size, and cuts a random crop of
 * that size if it becomes larger.
 */
export interface ScaleJitter {
  /** Range of the factor; 0.1 to 2 by default. */
  readonly scale_range?: readonly number[] | undefined;
}

/** The crop of a picture, and how much smaller than usual the result is. */
export interface JitteredScale {
  /** In pixels of the picture; undefined for the whole picture. */
  readonly region: Region | undefined;
  /** At most 1. */
  readonly factor: number;
}

/** The crop is cut before resizing, so the outside costs nothing. */
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

import type { Random } from '../../io/random.ts';
import type { Region } from '../images/region.ts';

/** torchvision's `RandomErasing` with value 0, the mean of a normalized picture. */
export interface RandomErasing {
  /** Probability; ½ by default. */
  readonly p?: number | undefined;
  /** Range of the erased area's share; 0.02 to 0.33 by default. */
  readonly scale?: readonly number[] | undefined;
  /** Range of height to width; 0.3 to 3.3 by default. */
  readonly ratio?: readonly number[] | undefined;
}

/** A rectangle is drawn at most this often; then the picture is unchanged. */
const TRIES = 10;

/** The rectangle to erase, if any. */
export function erasedRegion(
  width: number,
  height: number,
  { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3] }: RandomErasing,
  random: Random,
): Region | undefined {
  if (random.uniform() >= p) return undefined;
  for (let i = 0; i < TRIES; i++) {
    const area = width * height * random.uniform(scale[0], scale[1]);
    const shape = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const [h, w] = [Math.round(Math.sqrt(area * shape)), Math.round(Math.sqrt(area / shape))];
    if (w >= width || h >= height) continue;
    const top = random.integer(height - h + 1);
    return { left: random.integer(width - w + 1), top, width: w, height: h };
  }
  return undefined;
}

/**
 * Sets a rectangle to 0.
 *
 * @param data one picture, [H, W, 3]
 * @param width W
 */
export function erase(data: Float32Array, width: number, region: Region): void {
  for (let y = region.top; y < region.top + region.height; y++) {
    const from = (y * width + region.left) * 3;
    data.fill(0, from, from + region.width * 3);
  }
}

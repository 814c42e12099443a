/**
 * Mixes each picture of a batch, and its target, with the one before it (the first with the last): Mixup blends whole
 * pictures, CutMix pastes a rectangle. As in torchvision's reference training, one draw holds for the whole batch; with
 * both set, each batch gets one of them with equal probability.
 */
import type { Random } from '../../io/random.ts';
import type { Region } from '../images/region.ts';
import { symmetricBeta } from './beta.ts';

export interface MixSettings {
  /** α of the Beta distribution of Mixup's shares; 0 by default, which disables Mixup. */
  readonly mixup_alpha?: number | undefined;
  /** α of CutMix, likewise. */
  readonly cutmix_alpha?: number | undefined;
}

/** A batch to mix in place. */
export interface MixedBatch {
  /** [N, H, W, 3] */
  readonly image: { readonly shape: readonly [number, number, number, 3]; readonly data: Float32Array };
  /** [N, K] */
  readonly target: { readonly shape: readonly [number, number]; readonly data: Float32Array };
}

/** Mixes a batch as the settings say. */
export function mix(batch: MixedBatch, { mixup_alpha = 0, cutmix_alpha = 0 }: MixSettings, random: Random): void {
  const both = mixup_alpha > 0 && cutmix_alpha > 0;
  const cut = both ? random.integer(2) === 1 : cutmix_alpha > 0;
  if (cut) {
    const [, height, width] = batch.image.shape;
    cutmix(batch, randomRectangle(width, height, symmetricBeta(cutmix_alpha, random), random));
  } else if (mixup_alpha > 0) mixup(batch, symmetricBeta(mixup_alpha, random));
}

/** Each picture becomes `share` of itself plus the rest of the one before it. */
export function mixup({ image, target }: MixedBatch, share: number): void {
  blendRows(image.data, image.shape[0], share);
  blendRows(target.data, target.shape[0], share);
}

/** Each picture gets a rectangle of the one before it. */
export function cutmix({ image, target }: MixedBatch, { left, top, width, height }: Region): void {
  const [count, rows, columns] = image.shape;
  const size = rows * columns * 3;
  const last = image.data.slice((count - 1) * size);
  for (let i = count - 1; i >= 0; i--) {
    const before = i > 0 ? image.data.subarray((i - 1) * size, i * size) : last;
    for (let y = top; y < top + height; y++) {
      const from = (y * columns + left) * 3;
      image.data.set(before.subarray(from, from + width * 3), i * size + from);
    }
  }
  blendRows(target.data, count, 1 - (width * height) / (rows * columns));
}

/** A rectangle about a random pixel with 1 − `share` of the area, clipped to the picture. */
export function randomRectangle(width: number, height: number, share: number, random: Random): Region {
  const [x, y] = [random.integer(width), random.integer(height)];
  const half = 0.5 * Math.sqrt(1 - share);
  const [halfWidth, halfHeight] = [Math.trunc(half * width), Math.trunc(half * height)];
  const [left, top] = [Math.max(x - halfWidth, 0), Math.max(y - halfHeight, 0)];
  return {
    left,
    top,
    width: Math.min(x + halfWidth, width) - left,
    height: Math.min(y + halfHeight, height) - top,
  };
}

/** Each of `count` rows becomes `share` of itself plus the rest of the row before it. */
function blendRows(data: Float32Array, count: number, share: number): void {
  const size = data.length / count;
  const last = data.slice((count - 1) * size);
  for (let i = count - 1; i >= 0; i--) {
    const before = i > 0 ? data.subarray((i - 1) * size, i * size) : last;
    const row = data.subarray(i * size, (i + 1) * size);
    for (let k = 0; k < size; k++) row[k] = row[k] * share + before[k] * (1 - share);
  }
}

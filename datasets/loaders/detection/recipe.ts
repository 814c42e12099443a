import type { ColorJitter } from '../../augment/color-jitter.ts';
import type { RandomHorizontalFlip } from '../../augment/horizontal-flip.ts';
import type { RandomIouCrop } from '../../augment/random-iou-crop.ts';
import type { ScaleJitter } from '../../augment/scale-jitter.ts';

/** What is done to a picture of bytes and to the objects in it. */
export type DetectionAugmentation = RandomHorizontalFlip | ColorJitter | RandomIouCrop;

/** How pictures become what a detector is trained on: plain data, to be written to a model's provenance as it is. */
export interface DetectionRecipe {
  /** In this order; none by default. */
  readonly augmentations?: readonly DetectionAugmentation[] | undefined;
  /** The shorter side is resized to one of these, drawn for each picture … */
  readonly min_size: readonly number[];
  /** … unless the longer one would then exceed this. */
  readonly max_size: number;
  readonly scale_jitter?: ScaleJitter | undefined;
  /** Of red, green and blue, which count 0–1. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

import type { ColorJitter } from '../../augment/color-jitter.ts';
import type { RandomHorizontalFlip } from '../../augment/horizontal-flip.ts';
import type { MixSettings } from '../../augment/mix.ts';
import type { PadAndCrop } from '../../augment/pad-and-crop.ts';
import type { RandAugment } from '../../augment/rand-augment.ts';
import type { RandomErasing } from '../../augment/random-erasing.ts';
import type { RandomResizedCrop } from '../../augment/random-resized-crop.ts';
import type { TrivialAugment } from '../../augment/trivial-augment.ts';
import type { ChannelOrder } from '../../images/normalize.ts';
import type { ClassificationTransform } from '../../images/transform.ts';

/** An augmentation of a picture in bytes. */
export type Augmentation =
  | PadAndCrop
  | RandomHorizontalFlip
  | RandomResizedCrop
  | ColorJitter
  | RandAugment
  | TrivialAugment;

/** How pictures become training batches: plain data, which a model's provenance stores unchanged. */
export interface TrainingRecipe extends MixSettings {
  readonly kind: 'training';
  /** Side of the square output, in pixels. */
  readonly size: number;
  /** In this order; none by default. */
  readonly augmentations?: readonly Augmentation[] | undefined;
  /** Of each channel in their order, scaled to 0–1. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  readonly channel_order?: ChannelOrder | undefined;
  /** Applied after normalizing; none by default. */
  readonly random_erasing?: RandomErasing | undefined;
  /** Each image comes this many times in a row, each time augmented anew; 1 by default. */
  readonly repeats?: number | undefined;
  /** Whether each class is shown as often as the others. */
  readonly balance?: boolean | undefined;
  /** Share of the target spread over all classes; 0 by default. */
  readonly label_smoothing?: number | undefined;
}

/** A recipe for training, or for evaluation (torchvision's `ImageClassification` preset). */
export type Recipe = TrainingRecipe | ClassificationTransform;

/** Side of a recipe's output. */
export const sizeOf = (recipe: Recipe): number => (recipe.kind === 'training' ? recipe.size : recipe.crop_size);

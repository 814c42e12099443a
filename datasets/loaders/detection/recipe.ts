import type { ColorJitter } from '../../augment/color-jitter.ts';
import type { CopyPaste, Mosaic } from '../../augment/compose.ts';
import type { RandomHorizontalFlip } from '../../augment/horizontal-flip.ts';
import type { RandomIouCrop } from '../../augment/random-iou-crop.ts';
import type { ScaleJitter } from '../../augment/scale-jitter.ts';
import type { ChannelOrder } from '../../images/normalize.ts';
import type { ResizeArithmetic, ResizeLibrary } from '../../images/transform.ts';

/** An augmentation of an image in bytes and its objects. */
export type DetectionAugmentation = RandomHorizontalFlip | ColorJitter | RandomIouCrop;

/** How images are prepared for training a detector: plain data, which a model's provenance stores unchanged. */
export interface DetectionRecipe {
  /** In this order; none by default. */
  readonly augmentations?: readonly DetectionAugmentation[] | undefined;
  /** The shorter side is resized to one of these, drawn per image … */
  readonly min_size: readonly number[];
  /** … unless the longer one would then exceed this. */
  readonly max_size: number;
  /** As the model's configuration has it. */
  readonly resize_arithmetic?: ResizeArithmetic | undefined;
  readonly resize_by?: ResizeLibrary | undefined;
  readonly scale_jitter?: ScaleJitter | undefined;
  /** Before all augmentations, four images become one with this probability; 1 by default. */
  readonly mosaic?: Mosaic | undefined;
  /** Then, objects of another image are pasted with this probability; 0.5 by default. */
  readonly copy_paste?: CopyPaste | undefined;
  /**
   * For each keypoint, which one takes its place in a mirrored image: the right eye that of the left. `keypointLayout`
   * finds them by their names. Needed only to mirror images whose keypoints are learned.
   */
  readonly keypoint_hflip_indices?: readonly number[] | undefined;
  /** Of each channel in their order, scaled to 0–1. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  readonly channel_order?: ChannelOrder | undefined;
}

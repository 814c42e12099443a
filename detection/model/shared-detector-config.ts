import type { ResizeLibrary } from '../../datasets/index.ts';
import type { MaybeQuantized } from '../../engine/index.ts';
import type { RatioClip } from '../ops/box-coder.ts';
import { type DetectorCategory, labelOf } from './detector-category.ts';

/** What configurations of all architectures have; `detector-fields.ts` checks them one by one. */
export interface SharedDetectorConfig extends MaybeQuantized {
  readonly backbone: string;
  readonly stride_on: '3x3' | '1x1';
  readonly norm_layer: 'FrozenBatchNorm2d' | 'BatchNorm2d';
  readonly norm_eps: number;
  readonly fpn_out_channels: number;
  /** Batch norm after the convolutions of the FPN and of the box head: version 2 of torchvision's detector. */
  readonly fpn_norm_layer: 'BatchNorm2d' | null;
  /** With the background. */
  readonly num_classes: number;
  readonly categories: readonly DetectorCategory[];
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  /** The order of the channels of its input, to which mean and deviation belong; `rgb` by default. */
  readonly channel_order?: 'rgb' | 'bgr' | undefined;
  readonly min_size: number;
  readonly max_size: number;
  /** `float64` as torchvision has it from 0.15 on; files without it, which are older, have `float32`. */
  readonly resize_arithmetic?: 'float32' | 'float64' | undefined;
  /** The library whose resizing an input follows, and how it rounds its size; torch by default, as torchvision. */
  readonly resize_by?: ResizeLibrary | undefined;
  readonly size_divisible: number;
  /** Whether the sides of anchors are rounded to whole pixels, as in torchvision; true by default. */
  readonly anchor_rounding?: boolean | undefined;
  /**
   * Whether a level's stride is measured by the sizes of its map and of the image, as in torchvision, rather than the
   * network's own; true by default.
   */
  readonly measured_strides?: boolean | undefined;
  /** Whether log ratios of sides are held below log(1000/16) only, as in torchvision and by default, or above its negative, too. */
  readonly wh_ratio_clip?: RatioClip | undefined;
  /**
   * Boxes with a smaller side, in pixels of the resized image, are no detections; .01 by default for two stages, as in
   * torchvision. With 0, boxes without area are dropped last, as in Detectron2.
   */
  readonly box_min_size?: number | undefined;
  readonly provenance?: Readonly<Record<string, unknown>> | undefined;
}

/** What is wrong with those fields together, if anything. */
export function sharedProblem(config: SharedDetectorConfig): string | undefined {
  const { categories, max_size, min_size, num_classes } = config;
  const wrong = categoriesProblem(categories, num_classes);
  if (wrong) return `categories: ${wrong}`;
  if (max_size < min_size) return `max_size ${max_size} is less than min_size ${min_size}`;
  return undefined;
}

/** Why ids and labels could not be told from one another, if that is so. */
function categoriesProblem(categories: readonly DetectorCategory[], classes: number): string | undefined {
  const [ids, labels] = [new Set<number>(), new Set(categories.map(labelOf))];
  for (const category of categories) {
    const { id, name } = category;
    const label = labelOf(category);
    if (label < 1 || label >= classes) {
      return `${category.label === undefined ? 'id' : 'label'} ${label} (${name}) is not in 1 … num_classes − 1`;
    }
    if (ids.has(id)) return `id ${id} (${name}) is that of another category, too`;
    // A label without a category is reported under its own number.
    if (id !== label && id >= 1 && id < classes && !labels.has(id)) {
      return `id ${id} (${name}) is also a label that no category has`;
    }
    ids.add(id);
  }
  if (labels.size < categories.length) return 'two have the same label';
  return undefined;
}

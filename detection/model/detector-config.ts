import * as v from 'valibot';
import { IMAGENET_MEAN, IMAGENET_STD } from '../../backbone/index.ts';
import { channelTriple, deviationTriple, MOST, numberWithin, positiveWithin, wholeWithin } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import { type DetectorCategory, labelOf } from './detector-category.ts';
import { detectorSizeProblem } from './detector-size.ts';

const channels = wholeWithin(1, MOST.channels);
const boxes = wholeWithin(1, MOST.boxes);
const side = wholeWithin(1, MOST.side);
const fraction = numberWithin(0, 1);
/** Of sizes or ratios of anchors. */
const anchors = v.pipe(v.array(positiveWithin(MOST.side)), v.minLength(1), v.maxLength(100, 'must be at most 100'));
const category = v.strictObject({
  id: v.pipe(v.number(), v.safeInteger('must be a whole number up to 2^53 − 1')),
  name: v.string(),
  label: v.optional(wholeWithin(1, MOST.classes)),
});

/** Fields go by torchvision's argument names, with its defaults. */
const schema = v.strictObject({
  architecture: v.literal('fasterrcnn'),
  backbone: v.pipe(v.string(), v.regex(/^resnet(18|34|50|101|152)$/, 'must be resnet18, 34, 50, 101 or 152')),
  stride_on: v.optional(v.picklist(['3x3', '1x1']), '3x3'),
  norm_layer: v.optional(v.picklist(['FrozenBatchNorm2d', 'BatchNorm2d']), 'FrozenBatchNorm2d'),
  norm_eps: v.optional(fraction, 1e-5),
  fpn_out_channels: v.optional(channels, 256),
  fpn_norm_layer: v.optional(v.nullable(v.literal('BatchNorm2d')), null),
  num_classes: wholeWithin(2, MOST.classes),
  categories: v.pipe(v.array(category), v.maxLength(MOST.classes, `must be at most ${MOST.classes}`)),
  image_mean: v.optional(channelTriple, [...IMAGENET_MEAN]),
  image_std: v.optional(deviationTriple, [...IMAGENET_STD]),
  min_size: v.optional(side, 800),
  max_size: v.optional(side, 1333),
  size_divisible: v.optional(
    v.pipe(wholeWithin(1, 1024), v.multipleOf(32, 'must be a multiple of 32, the stride of the last stage')),
    32,
  ),
  anchor_sizes: v.optional(v.pipe(v.array(anchors), v.length(5)), [[32], [64], [128], [256], [512]]),
  aspect_ratios: v.optional(anchors, [0.5, 1, 2]),
  rpn_conv_depth: v.optional(wholeWithin(1, 32), 1),
  rpn_pre_nms_top_n_test: v.optional(boxes, 1000),
  rpn_post_nms_top_n_test: v.optional(boxes, 1000),
  rpn_nms_thresh: v.optional(fraction, 0.7),
  rpn_score_thresh: v.optional(fraction, 0),
  box_roi_pool_output_size: v.optional(wholeWithin(1, 64), 7),
  box_roi_pool_sampling_ratio: v.optional(wholeWithin(0, 16), 2),
  box_head_conv_layers: v.optional(v.pipe(v.array(channels), v.maxLength(32, 'must be at most 32')), []),
  representation_size: v.optional(wholeWithin(1, 65_536), 1024),
  box_score_thresh: v.optional(fraction, 0.05),
  box_nms_thresh: v.optional(fraction, 0.5),
  box_detections_per_img: v.optional(boxes, 100),
  provenance: v.optional(v.record(v.string(), v.unknown())),
});

/** Everything that rebuilds a detector, as a model file's `config` holds it. */
export interface DetectorConfig {
  readonly architecture: 'fasterrcnn';
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
  readonly min_size: number;
  readonly max_size: number;
  readonly size_divisible: number;
  /** Of each level. */
  readonly anchor_sizes: readonly (readonly number[])[];
  readonly aspect_ratios: readonly number[];
  readonly rpn_conv_depth: number;
  readonly rpn_pre_nms_top_n_test: number;
  readonly rpn_post_nms_top_n_test: number;
  readonly rpn_nms_thresh: number;
  readonly rpn_score_thresh: number;
  readonly box_roi_pool_output_size: number;
  readonly box_roi_pool_sampling_ratio: number;
  /** Channels of the 3×3 convolutions before the box head's linear layers; none: two linear layers. */
  readonly box_head_conv_layers: readonly number[];
  readonly representation_size: number;
  readonly box_score_thresh: number;
  readonly box_nms_thresh: number;
  readonly box_detections_per_img: number;
  readonly provenance?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Checks a detector's configuration and fills in what it leaves out.
 *
 * @param source the file or model it comes from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function parseDetectorConfig(value: unknown, source: string): DetectorConfig {
  return parseConfig(schema, value, source, (config) => {
    const { anchor_sizes, categories, max_size, min_size, num_classes } = config;
    if (anchor_sizes.some((sizes) => sizes.length !== anchor_sizes[0].length)) {
      return 'anchor_sizes: every level needs as many sizes as the others, since they share one head';
    }
    const wrong = categoriesProblem(categories, num_classes);
    if (wrong) return `categories: ${wrong}`;
    if (max_size < min_size) return `max_size ${max_size} is less than min_size ${min_size}`;
    return detectorSizeProblem(config);
  });
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

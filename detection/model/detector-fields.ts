import * as v from 'valibot';
import { BACKBONES, IMAGENET_MEAN, IMAGENET_STD, isBackboneName } from '../../backbone/index.ts';
import { channelOrders, resizeArithmetics, resizeLibraries } from '../../datasets/index.ts';
import { channelTriple, deviationTriple, numberWithin, wholeWithin } from '../../io/bounded-values.ts';
import { MOST } from '../../io/bounds.ts';

/** Fields that configurations of all architectures have, by torchvision's argument names, with its defaults. */

const side = wholeWithin(1, MOST.side);
const category = v.strictObject({
  id: v.pipe(v.number(), v.safeInteger('must be a whole number up to 2^53 − 1')),
  name: v.string(),
  label: v.optional(wholeWithin(1, MOST.classes)),
  keypoints: v.optional(v.pipe(v.array(v.string()), v.maxLength(MOST.keypoints, `must be at most ${MOST.keypoints}`))),
  skeleton: v.optional(
    v.pipe(
      v.array(v.strictTuple([wholeWithin(1, MOST.keypoints), wholeWithin(1, MOST.keypoints)])),
      v.maxLength(MOST.keypoints, `must be at most ${MOST.keypoints}`),
    ),
  ),
});

/** Of the backbone and its feature pyramid. */
export const pyramidFields = {
  backbone: v.pipe(v.string(), v.check(isBackboneName, `must be ${BACKBONES}`)),
  stride_on: v.optional(v.picklist(['3x3', '1x1']), '3x3'),
  norm_layer: v.optional(v.picklist(['FrozenBatchNorm2d', 'BatchNorm2d']), 'FrozenBatchNorm2d'),
  norm_eps: v.optional(numberWithin(0, 1), 1e-5),
  fpn_out_channels: v.optional(wholeWithin(1, MOST.channels), 256),
  fpn_norm_layer: v.optional(v.nullable(v.literal('BatchNorm2d')), null),
};

/** Of the categories, and of how images are prepared. */
export const inputFields = {
  num_classes: wholeWithin(2, MOST.classes),
  categories: v.pipe(v.array(category), v.maxLength(MOST.classes, `must be at most ${MOST.classes}`)),
  image_mean: v.optional(channelTriple, [...IMAGENET_MEAN]),
  image_std: v.optional(deviationTriple, [...IMAGENET_STD]),
  channel_order: v.optional(v.picklist(channelOrders)),
  min_size: v.optional(side, 800),
  max_size: v.optional(side, 1333),
  resize_arithmetic: v.optional(v.picklist(resizeArithmetics)),
  resize_by: v.optional(v.picklist(resizeLibraries)),
  size_divisible: v.optional(
    v.pipe(wholeWithin(1, 1024), v.multipleOf(32, 'must be a multiple of 32, the stride of the last stage')),
    32,
  ),
};

/** Of anchors and boxes, where other frameworks differ from torchvision. */
export const boxFields = {
  anchor_rounding: v.optional(v.boolean()),
  measured_strides: v.optional(v.boolean()),
  wh_ratio_clip: v.optional(v.picklist(['above', 'both'])),
  box_min_size: v.optional(numberWithin(0, MOST.side)),
};

export const provenanceField = { provenance: v.optional(v.record(v.string(), v.unknown())) };

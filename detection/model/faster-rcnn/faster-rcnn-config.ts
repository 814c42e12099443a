import * as v from 'valibot';
import { quantizationField } from '../../../engine/quantization/quantization-field.ts';
import { numberWithin, positiveWithin, wholeWithin } from '../../../io/bounded-values.ts';
import { MOST } from '../../../io/bounds.ts';
import { parseConfig } from '../../../io/config.ts';
import type { JointScore } from '../../ops/heatmaps-to-keypoints.ts';
import type { MaskPaste } from '../../ops/paste-masks.ts';
import { boxFields, inputFields, provenanceField, pyramidFields } from '../detector-fields.ts';
import { type FeatureMaps, featureMaps, PYRAMID_STRIDES, stridesOf } from '../feature-maps.ts';
import { type SharedDetectorConfig, sharedProblem } from '../shared-detector-config.ts';
import { detectorSizeProblem } from './detector-size.ts';

const channels = wholeWithin(1, MOST.channels);
const boxes = wholeWithin(1, MOST.boxes);
const fraction = numberWithin(0, 1);
/** Of sizes or ratios of anchors. */
const anchors = v.pipe(v.array(positiveWithin(MOST.side)), v.minLength(1), v.maxLength(100, 'must be at most 100'));

const pooling = {
  roi_pool_output_size: v.optional(wholeWithin(1, 64), 14),
  roi_pool_sampling_ratio: v.optional(wholeWithin(0, 16), 2),
};
const convLayers = v.pipe(v.array(channels), v.maxLength(32, 'must be at most 32'));
/** torchvision's `MaskRCNNHeads` and `MaskRCNNPredictor`. */
const maskHead = v.strictObject({
  ...pooling,
  conv_layers: v.optional(convLayers, [256, 256, 256, 256]),
  norm_layer: v.optional(v.nullable(v.literal('BatchNorm2d')), null),
  predictor_channels: v.optional(channels, 256),
});
/** torchvision's `KeypointRCNNHeads` and `KeypointRCNNPredictor`. */
const keypointHead = v.strictObject({
  ...pooling,
  conv_layers: v.optional(convLayers, Array(8).fill(512)),
  num_keypoints: v.optional(wholeWithin(1, MOST.keypoints), 17),
});

/** Fields go by torchvision's argument names, with its defaults. */
const schema = v.strictObject({
  architecture: v.literal('fasterrcnn'),
  ...pyramidFields,
  ...inputFields,
  ...boxFields,
  feature_maps: v.optional(v.picklist(featureMaps), 'fpn'),
  dilate_first_block: v.optional(v.boolean()),
  anchor_sizes: v.array(anchors),
  aspect_ratios: v.optional(anchors, [0.5, 1, 2]),
  rpn_conv_depth: v.optional(wholeWithin(1, 32), 1),
  rpn_pre_nms_top_n_test: boxes,
  rpn_post_nms_top_n_test: v.optional(boxes, 1000),
  rpn_nms_thresh: v.optional(fraction, 0.7),
  rpn_score_thresh: v.optional(fraction, 0),
  rpn_min_size: v.optional(numberWithin(0, MOST.side)),
  roi_align_aligned: v.optional(v.boolean()),
  box_roi_pool_output_size: wholeWithin(1, 64),
  box_roi_pool_sampling_ratio: v.optional(wholeWithin(0, 16), 2),
  box_head_conv_layers: v.optional(convLayers, []),
  representation_size: v.optional(wholeWithin(1, 65_536), 1024),
  box_score_thresh: v.optional(fraction, 0.05),
  box_nms_thresh: v.optional(fraction, 0.5),
  box_detections_per_img: v.optional(boxes, 100),
  mask_head: v.optional(maskHead),
  mask_paste: v.optional(v.picklist(['resize', 'grid_sample'])),
  keypoint_head: v.optional(keypointHead),
  keypoint_scores: v.optional(v.picklist(['logit', 'probability'])),
  ...quantizationField,
  ...provenanceField,
});

/** How regions are pooled for a head. */
export interface HeadPooling {
  readonly roi_pool_output_size: number;
  readonly roi_pool_sampling_ratio: number;
}

/** Of Mask R-CNN. */
export interface MaskHeadConfig extends HeadPooling {
  /** Channels of the 3×3 convolutions. */
  readonly conv_layers: readonly number[];
  /** Batch norm after them: version 2 of torchvision's. */
  readonly norm_layer: 'BatchNorm2d' | null;
  /** Channels after the size is doubled. */
  readonly predictor_channels: number;
}

/** Of Keypoint R-CNN. */
export interface KeypointHeadConfig extends HeadPooling {
  /** Channels of the 3×3 convolutions. */
  readonly conv_layers: readonly number[];
  readonly num_keypoints: number;
}

/** Everything that rebuilds a Faster R-CNN, as a model file's `config` holds it. */
export interface FasterRcnnConfig extends SharedDetectorConfig {
  readonly architecture: 'fasterrcnn';
  readonly feature_maps: FeatureMaps;
  /** Of `dc5`: whether the first block of the last stage is dilated as the others are; false by default, as in torchvision. */
  readonly dilate_first_block?: boolean | undefined;
  /** Of each level. */
  readonly anchor_sizes: readonly (readonly number[])[];
  readonly aspect_ratios: readonly number[];
  readonly rpn_conv_depth: number;
  readonly rpn_pre_nms_top_n_test: number;
  readonly rpn_post_nms_top_n_test: number;
  readonly rpn_nms_thresh: number;
  readonly rpn_score_thresh: number;
  /** Proposals with a smaller side are dropped; .001 by default. With 0, those without area. */
  readonly rpn_min_size?: number | undefined;
  /** Whether regions are shifted by half a cell before they are pooled (ROIAlignV2); false by default. */
  readonly roi_align_aligned?: boolean | undefined;
  readonly box_roi_pool_output_size: number;
  readonly box_roi_pool_sampling_ratio: number;
  /** Channels of the 3×3 convolutions before the box head's linear layers; none: two linear layers. */
  readonly box_head_conv_layers: readonly number[];
  readonly representation_size: number;
  readonly box_score_thresh: number;
  readonly box_nms_thresh: number;
  readonly box_detections_per_img: number;
  /** With it, it is Mask R-CNN (He et al. 2017). */
  readonly mask_head?: MaskHeadConfig | undefined;
  /** How masks are pasted: resized to whole pixels, as in torchvision and by default, or sampled at each pixel's center. */
  readonly mask_paste?: MaskPaste | undefined;
  /** With it, it finds joints, too. */
  readonly keypoint_head?: KeypointHeadConfig | undefined;
  /** What the score of a joint is: its logit, as in torchvision and by default, or its share of the heatmap's softmax. */
  readonly keypoint_scores?: JointScore | undefined;
}

/** Single maps have anchors of all sizes, and more of them to choose from, as in Detectron. */
const defaultsOf = (maps: unknown) =>
  maps === 'c4' || maps === 'dc5'
    ? {
        anchor_sizes: [PYRAMID_STRIDES.map((stride) => 8 * stride)],
        rpn_pre_nms_top_n_test: 6000,
        box_roi_pool_output_size: maps === 'c4' ? 14 : 7,
      }
    : {
        anchor_sizes: PYRAMID_STRIDES.map((stride) => [8 * stride]),
        rpn_pre_nms_top_n_test: 1000,
        box_roi_pool_output_size: 7,
      };

function withDefaults(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { feature_maps, keypoint_head, mask_head } = value as Readonly<Record<string, unknown>>;
  const isPlain = !mask_head && !keypoint_head && feature_maps !== 'c4' && feature_maps !== 'dc5';
  // Files older than this setting are all plain.
  return { ...defaultsOf(feature_maps), ...(isPlain ? {} : { resize_arithmetic: 'float64' }), ...value };
}

/**
 * Checks a Faster R-CNN's configuration and fills in what it leaves out.
 *
 * @param source the file or model it comes from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function parseFasterRcnnConfig(value: unknown, source: string): FasterRcnnConfig {
  return parseConfig(schema, withDefaults(value), source, (config) => {
    const { anchor_sizes, feature_maps } = config;
    const { length } = stridesOf(feature_maps);
    if (anchor_sizes.length !== length) {
      const maps = feature_maps === 'fpn' ? 'the feature pyramid gives' : `feature_maps '${feature_maps}' are`;
      return `anchor_sizes has ${anchor_sizes.length} levels, but ${maps} ${length}`;
    }
    if (anchor_sizes.some((sizes) => sizes.length !== anchor_sizes[0].length)) {
      return 'anchor_sizes: every level needs as many sizes as the others, since they share one head';
    }
    return sharedProblem(config) ?? detectorSizeProblem(config);
  });
}

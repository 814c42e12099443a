import * as v from 'valibot';
import { MOST, numberWithin, positiveWithin, wholeWithin } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import { inputFields, provenanceField, pyramidFields } from './detector-fields.ts';
import { detectorSizeProblem } from './detector-size.ts';
import { PYRAMID_STRIDES } from './feature-extractor.ts';
import { type SharedDetectorConfig, sharedProblem } from './shared-detector-config.ts';

const channels = wholeWithin(1, MOST.channels);
const boxes = wholeWithin(1, MOST.boxes);
const fraction = numberWithin(0, 1);
/** Of sizes or ratios of anchors. */
const anchors = v.pipe(v.array(positiveWithin(MOST.side)), v.minLength(1), v.maxLength(100, 'must be at most 100'));

/** Fields go by torchvision's argument names, with its defaults. */
const schema = v.strictObject({
  architecture: v.literal('fasterrcnn'),
  ...pyramidFields,
  ...inputFields,
  anchor_sizes: v.optional(
    v.array(anchors),
    PYRAMID_STRIDES.map((stride) => [8 * stride]),
  ),
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
  ...provenanceField,
});

/** Everything that rebuilds a Faster R-CNN, as a model file's `config` holds it. */
export interface FasterRcnnConfig extends SharedDetectorConfig {
  readonly architecture: 'fasterrcnn';
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
}

/**
 * Checks a Faster R-CNN's configuration and fills in what it leaves out.
 *
 * @param source the file or model it comes from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function parseFasterRcnnConfig(value: unknown, source: string): FasterRcnnConfig {
  return parseConfig(schema, value, source, (config) => {
    const { anchor_sizes } = config;
    if (anchor_sizes.length !== PYRAMID_STRIDES.length) {
      return `anchor_sizes has ${anchor_sizes.length} levels, but the feature pyramid gives ${PYRAMID_STRIDES.length}`;
    }
    if (anchor_sizes.some((sizes) => sizes.length !== anchor_sizes[0].length)) {
      return 'anchor_sizes: every level needs as many sizes as the others, since they share one head';
    }
    return sharedProblem(config) ?? detectorSizeProblem(config);
  });
}

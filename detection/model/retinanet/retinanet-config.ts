import * as v from 'valibot';
import { resizeArithmetics } from '../../../datasets/index.ts';
import { quantizationField } from '../../../engine/quantization/quantization-field.ts';
import { numberWithin, positiveWithin, wholeWithin } from '../../../io/bounded-values.ts';
import { MOST } from '../../../io/bounds.ts';
import { parseConfig } from '../../../io/config.ts';
import type { BoxClipping } from '../../ops/dense-detections.ts';
import { boxFields, inputFields, provenanceField, pyramidFields } from '../detector-fields.ts';
import { RETINANET_STRIDES } from '../feature-maps.ts';
import { type SharedDetectorConfig, sharedProblem } from '../shared-detector-config.ts';
import { NORM_GROUPS } from './group-norm.ts';
import { retinaNetSizeProblem } from './retinanet-size.ts';

const boxes = wholeWithin(1, MOST.boxes);
const fraction = numberWithin(0, 1);
/** Of sizes or ratios of anchors. */
const anchors = v.pipe(v.array(positiveWithin(MOST.side)), v.minLength(1), v.maxLength(100, 'must be at most 100'));

/** Three sizes to an octave, in whole pixels, as torchvision has them. */
const octave = (size: number) => [size, Math.trunc(size * 2 ** (1 / 3)), Math.trunc(size * 2 ** (2 / 3))];

/** Fields go by torchvision's argument names, with its defaults. */
const schema = v.strictObject({
  architecture: v.literal('retinanet'),
  ...pyramidFields,
  ...inputFields,
  // No file is older than this setting.
  resize_arithmetic: v.optional(v.picklist(resizeArithmetics), 'float64'),
  ...boxFields,
  use_P5: v.optional(v.boolean(), true),
  p7_relu: v.optional(v.boolean()),
  anchor_sizes: v.optional(
    v.array(anchors),
    RETINANET_STRIDES.map((stride) => octave(4 * stride)),
  ),
  aspect_ratios: v.optional(anchors, [0.5, 1, 2]),
  head_norm_layer: v.optional(v.nullable(v.literal('GroupNorm')), null),
  box_loss_type: v.optional(v.picklist(['l1', 'giou']), 'l1'),
  score_thresh: v.optional(fraction, 0.05),
  nms_thresh: v.optional(fraction, 0.5),
  clip_boxes: v.optional(v.picklist(['before_nms', 'after_nms'])),
  detections_per_img: v.optional(boxes, 300),
  topk_candidates: v.optional(boxes, 1000),
  ...quantizationField,
  ...provenanceField,
});

/** Everything that rebuilds a RetinaNet, as a model file's `config` holds it. */
export interface RetinaNetConfig extends SharedDetectorConfig {
  readonly architecture: 'retinanet';
  /** Whether the two coarsest levels come from P5, as in version 1 of torchvision's detector, and not from C5. */
  readonly use_P5: boolean;
  /** Whether a ReLU comes between the two; true by default. */
  readonly p7_relu?: boolean | undefined;
  /** Of each level. */
  readonly anchor_sizes: readonly (readonly number[])[];
  readonly aspect_ratios: readonly number[];
  /** Group norm after the convolutions of the heads: version 2 of torchvision's detector. */
  readonly head_norm_layer: 'GroupNorm' | null;
  /** What boxes are trained for: the distance of their deltas, or their generalized IoU, as in version 2. */
  readonly box_loss_type: 'l1' | 'giou';
  readonly score_thresh: number;
  readonly nms_thresh: number;
  /** When boxes are clipped to the image: before suppression, as in torchvision and by default, or after it. */
  readonly clip_boxes?: BoxClipping | undefined;
  readonly detections_per_img: number;
  /** Of each level. */
  readonly topk_candidates: number;
}

/**
 * Checks a RetinaNet's configuration and fills in what it leaves out.
 *
 * @param source the file or model it comes from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function parseRetinaNetConfig(value: unknown, source: string): RetinaNetConfig {
  return parseConfig(schema, value, source, (config) => {
    const { anchor_sizes, fpn_out_channels, head_norm_layer } = config;
    const levels = RETINANET_STRIDES.length;
    if (anchor_sizes.length !== levels) {
      return `anchor_sizes has ${anchor_sizes.length} levels, but the feature pyramid gives ${levels}`;
    }
    if (anchor_sizes.some((sizes) => sizes.length !== anchor_sizes[0].length)) {
      return 'anchor_sizes: every level needs as many sizes as the others, since they share one head';
    }
    if (head_norm_layer && fpn_out_channels % NORM_GROUPS) {
      return `fpn_out_channels is ${fpn_out_channels}, which head_norm_layer cannot divide into ${NORM_GROUPS} groups`;
    }
    return sharedProblem(config) ?? retinaNetSizeProblem(config);
  });
}

import * as v from 'valibot';
import { numberWithin, wholeWithin } from '../../io/bounded-values.ts';
import { MOST } from '../../io/bounds.ts';
import { parseConfig } from '../../io/config.ts';
import type { SharedTrainingSettings } from './shared-training-settings.ts';

const count = wholeWithin(1, MOST.boxes);
const fraction = numberWithin(0, 1);

/** Fields go by torchvision's argument names, with its defaults. */
const schema = v.strictObject({
  trainable_backbone_layers: v.optional(wholeWithin(0, 5), 3),
  rpn_pre_nms_top_n_train: v.optional(count, 2000),
  rpn_post_nms_top_n_train: v.optional(count, 2000),
  rpn_fg_iou_thresh: v.optional(fraction, 0.7),
  rpn_bg_iou_thresh: v.optional(fraction, 0.3),
  rpn_batch_size_per_image: v.optional(count, 256),
  rpn_positive_fraction: v.optional(fraction, 0.5),
  box_fg_iou_thresh: v.optional(fraction, 0.5),
  box_bg_iou_thresh: v.optional(fraction, 0.5),
  box_batch_size_per_image: v.optional(count, 512),
  box_positive_fraction: v.optional(fraction, 0.25),
});

/** Names of the settings. */
export const trainingSettingNames: readonly string[] = Object.keys(schema.entries);

/** What tells one training of a detector from another, beside the optimizer. */
export interface DetectorTrainingSettings extends SharedTrainingSettings {
  readonly rpn_pre_nms_top_n_train: number;
  readonly rpn_post_nms_top_n_train: number;
  readonly rpn_fg_iou_thresh: number;
  readonly rpn_bg_iou_thresh: number;
  readonly rpn_batch_size_per_image: number;
  readonly rpn_positive_fraction: number;
  readonly box_fg_iou_thresh: number;
  readonly box_bg_iou_thresh: number;
  readonly box_batch_size_per_image: number;
  readonly box_positive_fraction: number;
}

/**
 * Checks settings and fills in what they leave out.
 *
 * @param source where they come from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function parseTrainingSettings(value: unknown, source: string): DetectorTrainingSettings {
  return parseConfig(
    schema,
    value,
    source,
    ({ box_bg_iou_thresh, box_fg_iou_thresh, rpn_bg_iou_thresh, rpn_fg_iou_thresh }) => {
      if (rpn_bg_iou_thresh > rpn_fg_iou_thresh) return 'rpn_bg_iou_thresh must not be above rpn_fg_iou_thresh';
      if (box_bg_iou_thresh > box_fg_iou_thresh) return 'box_bg_iou_thresh must not be above box_fg_iou_thresh';
      return undefined;
    },
  );
}

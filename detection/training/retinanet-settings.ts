import * as v from 'valibot';
import { numberWithin, wholeWithin } from '../../io/bounded-values.ts';
import { parseConfig } from '../../io/config.ts';
import type { SharedTrainingSettings } from './shared-training-settings.ts';

const fraction = numberWithin(0, 1);

/** Fields go by torchvision's argument names, with its defaults. */
const schema = v.strictObject({
  trainable_backbone_layers: v.optional(wholeWithin(0, 5), 3),
  fg_iou_thresh: v.optional(fraction, 0.5),
  bg_iou_thresh: v.optional(fraction, 0.4),
});

/** Names of the settings. */
export const retinaNetSettingNames: readonly string[] = Object.keys(schema.entries);

/** What tells one training of a RetinaNet from another, beside the optimizer. */
export interface RetinaNetTrainingSettings extends SharedTrainingSettings {
  readonly fg_iou_thresh: number;
  readonly bg_iou_thresh: number;
}

/**
 * Checks settings and fills in what they leave out.
 *
 * @param source where they come from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export const parseRetinaNetSettings = (value: unknown, source: string): RetinaNetTrainingSettings =>
  parseConfig(schema, value, source, ({ bg_iou_thresh, fg_iou_thresh }) =>
    bg_iou_thresh > fg_iou_thresh ? 'bg_iou_thresh must not be above fg_iou_thresh' : undefined,
  );

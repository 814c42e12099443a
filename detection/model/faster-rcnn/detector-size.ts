import { excessOf, inputDemands, weightDemand } from '../demands.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { fasterRcnnParameters } from './faster-rcnn-parameters.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';

/** Numbers that are pooled of all proposals of an image, and the points that are read for them. */
const MOST_POOLED = 2 ** 27;
const MOST_POINTS = 2 ** 33;
/** Scores of all proposals of an image. */
const MOST_SCORES = 2 ** 25;
/** Points to a side of a bin, where it is the size of the proposal that decides. */
const ADAPTIVE_RATIO = 4;

/** What a detector takes too much of, by what its settings come to together; undefined where nothing. */
export function detectorSizeProblem(config: FasterRcnnConfig): string | undefined {
  const { box_roi_pool_output_size: pool, box_roi_pool_sampling_ratio, fpn_out_channels } = config;
  const { num_classes, rpn_post_nms_top_n_test } = config;
  const pooled = rpn_post_nms_top_n_test * fpn_out_channels * pool ** 2;
  const ratio = box_roi_pool_sampling_ratio || ADAPTIVE_RATIO;
  return excessOf([
    ...inputDemands(config, planFasterRcnn(config).extractor.strides),
    ['rpn_post_nms_top_n_test × fpn_out_channels × box_roi_pool_output_size²: pooled numbers', pooled, MOST_POOLED],
    ['those × box_roi_pool_sampling_ratio²: points that are pooled', pooled * ratio ** 2, MOST_POINTS],
    ['rpn_post_nms_top_n_test × num_classes: scores', rpn_post_nms_top_n_test * num_classes, MOST_SCORES],
    weightDemand(
      'fpn_out_channels, box_head_conv_layers, representation_size, num_classes',
      fasterRcnnParameters(config),
    ),
  ]);
}

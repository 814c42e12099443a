import { type Demand, excessOf, inputDemands, weightDemand } from '../demands.ts';
import type { FasterRcnnConfig, HeadPooling } from './faster-rcnn-config.ts';
import { fasterRcnnParameters } from './faster-rcnn-parameters.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';

/** Numbers of all regions of an image that a head has at a time, and the points that are read to pool them. */
const MOST_POOLED = 2 ** 29;
const MOST_POINTS = 2 ** 33;
/** Scores of all proposals of an image. */
const MOST_SCORES = 2 ** 25;
/** Points to a side of a bin, where it is the size of the proposal that decides. */
const ADAPTIVE_RATIO = 4;

/** What a detector takes too much of, by what its settings come to together; undefined where nothing. */
export function detectorSizeProblem(config: FasterRcnnConfig): string | undefined {
  const { box_detections_per_img, box_head_conv_layers, keypoint_head, mask_head, num_classes } = config;
  const { rpn_post_nms_top_n_test } = config;
  const plan = planFasterRcnn(config);
  const { channels } = plan.extractor;
  const found = ['box_detections_per_img', box_detections_per_img] as const;
  return excessOf([
    ...inputDemands(config, plan.extractor.strides),
    ...headDemands('box_', ['rpn_post_nms_top_n_test', rpn_post_nms_top_n_test], [channels, ...box_head_conv_layers], {
      roi_pool_output_size: config.box_roi_pool_output_size,
      roi_pool_sampling_ratio: config.box_roi_pool_sampling_ratio,
    }),
    ['rpn_post_nms_top_n_test × num_classes: scores', rpn_post_nms_top_n_test * num_classes, MOST_SCORES],
    // A mask has twice the side of what is pooled, a heat map four times.
    ...(mask_head
      ? headDemands(
          'mask_head.',
          found,
          [channels, ...mask_head.conv_layers, 4 * mask_head.predictor_channels, 4 * num_classes],
          mask_head,
        )
      : []),
    ...(keypoint_head
      ? headDemands(
          'keypoint_head.',
          found,
          [channels, ...keypoint_head.conv_layers, 16 * keypoint_head.num_keypoints],
          keypoint_head,
        )
      : []),
    weightDemand(
      'fpn_out_channels, box_head_conv_layers, representation_size, num_classes and those of further heads',
      fasterRcnnParameters(config),
    ),
  ]);
}

/** @param widths of what is pooled and of the maps after it, as channels at the pooled size */
function headDemands(
  head: string,
  [count, regions]: readonly [setting: string, count: number],
  widths: readonly number[],
  { roi_pool_output_size, roi_pool_sampling_ratio }: HeadPooling,
): Demand[] {
  const pooled = regions * widths[0] * roi_pool_output_size ** 2;
  const ratio = roi_pool_sampling_ratio || ADAPTIVE_RATIO;
  const numbers = (pooled / widths[0]) * Math.max(...widths);
  return [
    [`${count} × channels × ${head}roi_pool_output_size²: numbers of a map`, numbers, MOST_POOLED],
    [`pooled ones × ${head}roi_pool_sampling_ratio²: points that are read`, pooled * ratio ** 2, MOST_POINTS],
  ];
}

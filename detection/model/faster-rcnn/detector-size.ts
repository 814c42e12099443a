import { MOST } from '../../../io/bounds.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { fasterRcnnShapes } from './faster-rcnn-parameters.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';

const MOST_ANCHORS = 2 ** 24;
/** Numbers that are pooled of all proposals of an image, and the points that are read for them. */
const MOST_POOLED = 2 ** 27;
const MOST_POINTS = 2 ** 33;
/** Scores of all proposals of an image. */
const MOST_SCORES = 2 ** 25;
/** Points to a side of a bin, where it is the size of the proposal that decides. */
const ADAPTIVE_RATIO = 4;

/** What a detector takes too much of, by what its settings come to together; undefined where nothing. */
export function detectorSizeProblem(config: FasterRcnnConfig): string | undefined {
  const { fpn_out_channels, max_size, min_size, num_classes, rpn_post_nms_top_n_test, size_divisible } = config;
  const { box_roi_pool_output_size: pool, box_roi_pool_sampling_ratio } = config;
  const padded = (side: number) => Math.ceil(side / size_divisible) * size_divisible;
  const cellsPerPixel = planFasterRcnn(config).extractor.strides.reduce((sum, stride) => sum + stride ** -2, 0);
  const pixels = padded(min_size) * padded(max_size);
  const perCell = config.anchor_sizes[0].length * config.aspect_ratios.length;
  const pooled = rpn_post_nms_top_n_test * fpn_out_channels * pool ** 2;
  const ratio = box_roi_pool_sampling_ratio || ADAPTIVE_RATIO;
  const excesses: readonly [what: string, count: number, most: number][] = [
    [
      `min_size ${min_size} × max_size ${max_size}, padded to size_divisible ${size_divisible}: pixels`,
      pixels,
      MOST.pixels,
    ],
    [
      `anchor_sizes × aspect_ratios, ${perCell} to a cell: anchors`,
      Math.ceil(perCell * pixels * cellsPerPixel),
      MOST_ANCHORS,
    ],
    ['rpn_post_nms_top_n_test × fpn_out_channels × box_roi_pool_output_size²: pooled numbers', pooled, MOST_POOLED],
    ['those × box_roi_pool_sampling_ratio²: points that are pooled', pooled * ratio ** 2, MOST_POINTS],
    ['rpn_post_nms_top_n_test × num_classes: scores', rpn_post_nms_top_n_test * num_classes, MOST_SCORES],
    [
      'fpn_out_channels, box_head_conv_layers, representation_size, num_classes: weights',
      weightCount(config),
      MOST.parameters,
    ],
  ];
  const excess = excesses.find(([, count, most]) => count > most);
  return excess && `${excess[0]} are ${excess[1]}, more than ${excess[2]}`;
}

const weightCount = (config: FasterRcnnConfig): number =>
  Object.values(fasterRcnnShapes(config)).reduce((sum, shape) => sum + shape.reduce((size, dim) => size * dim, 1), 0);

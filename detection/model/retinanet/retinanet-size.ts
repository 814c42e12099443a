import { tensorShapes } from '../../../backbone/index.ts';
import { MOST } from '../../../io/bounds.ts';
import type { RetinaNetConfig } from './retinanet-config.ts';
import { retinaNetParameters } from './retinanet-plan.ts';
import { RETINANET_STRIDES } from './retinanet-pyramid.ts';

const MOST_ANCHORS = 2 ** 24;
/** Logits of all anchors of an image. */
const MOST_LOGITS = 2 ** 28;

/** What a RetinaNet takes too much of, by what its settings come to together; undefined where nothing. */
export function retinaNetSizeProblem(config: RetinaNetConfig): string | undefined {
  const { anchor_sizes, aspect_ratios, max_size, min_size, num_classes, size_divisible } = config;
  const padded = (side: number) => Math.ceil(side / size_divisible) * size_divisible;
  const pixels = padded(min_size) * padded(max_size);
  const perCell = anchor_sizes[0].length * aspect_ratios.length;
  const cellsPerPixel = RETINANET_STRIDES.reduce((sum, stride) => sum + stride ** -2, 0);
  const anchors = Math.ceil(perCell * pixels * cellsPerPixel);
  const weights = Object.values(tensorShapes(retinaNetParameters(config))).reduce(
    (sum, shape) => sum + shape.reduce((size, dim) => size * dim, 1),
    0,
  );
  const size = `min_size ${min_size} × max_size ${max_size}, padded to size_divisible ${size_divisible}`;
  const excesses: readonly [what: string, count: number, most: number][] = [
    [`${size}: pixels`, pixels, MOST.pixels],
    [`anchor_sizes × aspect_ratios, ${perCell} to a cell: anchors`, anchors, MOST_ANCHORS],
    ['those × num_classes: logits', anchors * num_classes, MOST_LOGITS],
    ['fpn_out_channels, anchor_sizes × aspect_ratios, num_classes: weights', weights, MOST.parameters],
  ];
  const excess = excesses.find(([, count, most]) => count > most);
  return excess && `${excess[0]} are ${excess[1]}, more than ${excess[2]}`;
}

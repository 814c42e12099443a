// N images, G groups, C channels in and O out of a group, M groups taken together, k × k filter. Shapes are in memory order.
import type { backend_util } from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.ts';
import { filterGradient } from './filter-gradient.ts';
import { emit, reshape, transpose } from './plain-maps.ts';

/** Products of matrices with fewer rows are slower, although groups taken together compute products in vain. */
const CHANNELS_TOGETHER = 16;

/** The divisor of G with which so many channels come together. */
function groupsTogether(groups: number, channels: number): number {
  let together = Math.min(groups, Math.max(1, Math.ceil(CHANNELS_TOGETHER / channels)));
  while (groups % together) together++;
  return together;
}

/**
 * The filter's gradient of a grouped convolution. Each M groups of an image are an image of their own; of their
 * products only those within one group count.
 *
 * @param x [N, G · C, H, W], padded @param dy [N, G · O, H', W']
 * @returns [G · O, C, k, k]
 */
export function groupedFilterGradient(
  graph: Graph,
  x: Value,
  dy: Value,
  { dilationHeight, filterHeight: k, strideHeight }: backend_util.Conv2DInfo,
  groups: number,
): Value {
  const [c, o] = [x.shape[1] / groups, dy.shape[1] / groups];
  const m = groupsTogether(groups, Math.min(c, o));
  const parts = groups / m;
  const apart = (map: Value) => {
    const [n, channels, height, width] = map.shape;
    return reshape(graph, map, [n * parts, channels / parts, height, width]);
  };
  const products = filterGradient(graph, apart(x), apart(dy), k, strideHeight, dilationHeight, parts);
  const taps = c * k * k;
  let own = reshape(graph, products, [parts, m, taps, m, o]);
  if (m > 1) {
    const diagonal = Float32Array.from({ length: m * m }, (_, i) => Number(i % (m + 1) === 0));
    const mask = graph.constant(diagonal, [m, 1, m, 1], 'float32');
    const masked = emit(graph, 'Mul', [own.name, mask.name], own.shape);
    own = emit(graph, 'ReduceSum', [masked.name, graph.int64s([3])], [parts, m, taps, o], { keepdims: 0 });
  }
  const inputsLast = transpose(graph, reshape(graph, own, [groups, taps, o]), [0, 2, 1]);
  return reshape(graph, inputsLast, [groups * o, c, k, k]);
}

// N images, H × W pixels, C channels in, O out, k × k filter, stride s, dilation d. Shapes are as they lie in memory.

import type { Graph, Value } from '../graph.ts';
import {
  channelsFirst,
  concat,
  crop,
  emit,
  pad,
  reshape,
  rowsOf,
  shiftedRows,
  spaceToDepth,
  subsample,
  sumOverImages,
  transpose,
} from './plain-maps.ts';

/** From so many channels out on, a product for each shift by columns is worth more than joining them. */
const WIDE = 128;

/** From so many numbers in a filter on, one product over all images is cheaper than a sum of one an image. */
const LARGE_FILTER = 2 ** 20;

/**
 * The filter's gradient, Σ x · dy over images and positions, by a matrix product. The k² shifts of x against dy are k
 * shifts of x by rows times k shifts of dy by columns, so that 2k copies do instead of k²; but of a map of few channels,
 * such as an image, k² copies are less than k of dy. A strided convolution is one of stride 1 on the s² phases of x. A
 * dilated one has its shifts d pixels apart.
 *
 * @param x NCHW, padded @param dy NCHW
 * @returns [C · k · k, O]
 */
export function filterGradient(graph: Graph, x: Value, dy: Value, k: number, s: number, d = 1): Value {
  if (k === 1 && s > 1) return filterGradient(graph, subsample(graph, x, s), dy, 1, 1);
  const [n, c, , width] = x.shape;
  const [, o, rows, columns] = dy.shape;
  if (s > 1) {
    const squares = Math.ceil(((k - 1) * d + 1) / s);
    const phases = spaceToDepth(graph, x, s, dy.shape, squares);
    const taps = Array.from({ length: k }, (_, i) => i * d);
    return fromPhases(graph, filterGradient(graph, phases, dy, squares, 1), taps, squares, s, c);
  }
  /** [N, L, P] as one side of a product; of a large filter [1, L, N · P], all images in one. */
  const side = (map: Value, rowCount: number, positions: number) => {
    const apart = reshape(graph, map, [n, rowCount, positions]);
    if (n === 1 || c * k * k * o < LARGE_FILTER) return apart;
    return reshape(graph, transpose(graph, apart, [1, 0, 2]), [1, rowCount, n * positions]);
  };
  const last = (k - 1) * d;
  const shifts = Array.from({ length: k }, (_, j) => j * d);
  if (k > 1 && (k - 1) * c < o) {
    const byColumn = shifts.map((j) => crop(graph, x, 3, j, last - j));
    const left = side(shiftedRows(graph, concat(graph, byColumn, 1), k, rows, d), k * c * k, rows * columns);
    return channelsFirst(graph, productOf(graph, left, side(dy, o, rows * columns)), k);
  }
  const cells = rows * width;
  const left = side(shiftedRows(graph, x, k, rows, d), c * k, cells);
  // As wide as x, so that a shift by columns is one of the whole.
  const byColumn = shifts.map((j) => pad(graph, dy, [0, j, 0, last - j]));
  const against = (right: Value) => productOf(graph, left, side(right, right.shape[1], cells));
  const product = o < WIDE ? against(concat(graph, byColumn, 1)) : concat(graph, byColumn.map(against), 1);
  return reshape(graph, product, [c * k * k, o]);
}

/** Σ left · rightᵀ over images: of [N, L, P] and [N, R, P], [L, R]. */
function productOf(graph: Graph, left: Value, right: Value): Value {
  const shape = [left.shape[0], left.shape[1], right.shape[1]];
  return sumOverImages(graph, emit(graph, 'MatMul', [left.name, transpose(graph, right, [0, 2, 1]).name], shape));
}

/**
 * Of the gradient by phases, [s · s · C · k' · k', O] with k' squares, the rows of the filter itself, which looks at the
 * pixels `taps` by rows and columns.
 */
function fromPhases(
  graph: Graph,
  gradient: Value,
  taps: readonly number[],
  squares: number,
  s: number,
  channels: number,
): Value {
  const taken: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (const i of taps) {
      for (const j of taps) {
        const phase = (i % s) * s + (j % s);
        const square = Math.floor(i / s) * squares + Math.floor(j / s);
        taken.push((phase * channels + channel) * squares ** 2 + square);
      }
    }
  }
  return rowsOf(graph, gradient, taken);
}

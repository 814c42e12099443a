// N images, H × W pixels, C channels in, O out, k × k filter, stride s, dilation d. Shapes are in memory order.

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

/** With at least this many output channels, one product per column shift is faster than one of the joined shifts. */
const WIDE = 128;

/** With at least this many numbers in the filter, one product over all images is faster than a sum of one per image. */
const LARGE_FILTER = 2 ** 20;

/**
 * The filter's gradient, Σ x · dy over images and positions, by a matrix product. The k² shifts of x against dy equal k
 * row shifts of x times k column shifts of dy, so 2k copies are enough. If x has few channels, as an image has, k²
 * copies of x are smaller than k copies of dy. A strided convolution is one of stride 1 on the s² phases of x. The
 * shifts of a dilated convolution are d pixels apart.
 *
 * @param x NCHW, padded @param dy NCHW
 * @param groups of successive images: the sums are over the images of one place in the groups
 * @returns [C · k · k, O], for each place in the groups
 */
export function filterGradient(graph: Graph, x: Value, dy: Value, k: number, s: number, d = 1, groups = 1): Value {
  if (k === 1 && s > 1) return filterGradient(graph, subsample(graph, x, s), dy, 1, 1, 1, groups);
  const [n, c, , width] = x.shape;
  const [, o, rows, columns] = dy.shape;
  if (s > 1) {
    const squares = Math.ceil(((k - 1) * d + 1) / s);
    const phases = spaceToDepth(graph, x, s, dy.shape, squares);
    const taps = Array.from({ length: k }, (_, i) => i * d);
    return fromPhases(graph, filterGradient(graph, phases, dy, squares, 1, 1, groups), taps, squares, s, c, groups);
  }
  /** One side of a product: [N, L, P]; for a large filter [1, L, N · P], all images in one. */
  const side = (map: Value, rowCount: number, positions: number) => {
    const apart = reshape(graph, map, [n, rowCount, positions]);
    if (n === 1 || groups > 1 || c * k * k * o < LARGE_FILTER) return apart;
    return reshape(graph, transpose(graph, apart, [1, 0, 2]), [1, rowCount, n * positions]);
  };
  const last = (k - 1) * d;
  const shifts = Array.from({ length: k }, (_, j) => j * d);
  if (k > 1 && groups === 1 && (k - 1) * c < o) {
    const byColumn = shifts.map((j) => crop(graph, x, 3, j, last - j));
    const left = side(shiftedRows(graph, concat(graph, byColumn, 1), k, rows, d), k * c * k, rows * columns);
    return channelsFirst(graph, productOf(graph, left, side(dy, o, rows * columns), 1), k);
  }
  const cells = rows * width;
  const left = side(shiftedRows(graph, x, k, rows, d), c * k, cells);
  // Padded to the width of x, so that a column shift is a shift of the flattened map.
  const byColumn = shifts.map((j) => pad(graph, dy, [0, j, 0, last - j]));
  const against = (right: Value) => productOf(graph, left, side(right, right.shape[1], cells), groups);
  const product = o < WIDE ? against(concat(graph, byColumn, 1)) : concat(graph, byColumn.map(against), 1);
  return reshape(graph, product, [groups * c * k * k, o]);
}

/** Σ left · rightᵀ over images: [N, L, P] and [N, R, P] give [L, R], for each place in the groups of images. */
function productOf(graph: Graph, left: Value, right: Value, groups: number): Value {
  const shape = [left.shape[0], left.shape[1], right.shape[1]];
  const products = emit(graph, 'MatMul', [left.name, transpose(graph, right, [0, 2, 1]).name], shape);
  return sumOverImages(graph, products, groups);
}

/**
 * Selects the filter's rows from the gradient by phases, [s · s · C · k' · k', O] with k' squares. `taps` are the
 * filter's offsets in pixels along each axis.
 */
function fromPhases(
  graph: Graph,
  gradient: Value,
  taps: readonly number[],
  squares: number,
  s: number,
  channels: number,
  groups: number,
): Value {
  const rows: number[] = [];
  // The phases of a channel are s · s channels apart from each other within its group.
  const phasesOf = (at: number) => Math.floor(at / channels) * s * s * channels + (at % channels);
  for (let at = 0; at < groups * channels; at++) {
    for (const i of taps) {
      for (const j of taps) {
        const phase = (i % s) * s + (j % s);
        const square = Math.floor(i / s) * squares + Math.floor(j / s);
        rows.push((phase * channels + phasesOf(at)) * squares ** 2 + square);
      }
    }
  }
  return rowsOf(graph, gradient, rows);
}

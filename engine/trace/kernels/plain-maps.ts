// N images, C channels, H × W pixels, k × k filter, stride s. Shapes are in memory order: plain NCHW.

import { NCHW } from '../axes.ts';
import type { Graph, Value } from '../graph.ts';

/** A value in memory order: plain NCHW. */
export const physical = (graph: Graph, value: Value): Value => ({
  name: graph.inOrder(value, NCHW),
  shape: NCHW.map((axis) => value.shape[axis]),
  dtype: value.dtype,
  order: [0, 1, 2, 3],
});

export const emit = (
  graph: Graph,
  op: string,
  inputs: readonly string[],
  shape: readonly number[],
  attributes = {},
): Value => graph.emit(op, inputs, { shape }, attributes);

export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  return emit(graph, 'Reshape', [x.name, graph.sizeList(shape)], shape);
}

export function transpose(graph: Graph, x: Value, perm: readonly number[]): Value {
  return emit(
    graph,
    'Transpose',
    [x.name],
    perm.map((axis) => x.shape[axis]),
    { perm },
  );
}

/** Zeros around the two last axes. */
export function pad(graph: Graph, x: Value, [top, left, bottom, right]: readonly number[]): Value {
  if (!top && !left && !bottom && !right) return x;
  const [n, c, h, w] = x.shape;
  const amounts = graph.sizeList([0, 0, top, left, 0, 0, bottom, right]);
  return emit(graph, 'Pad', [x.name, amounts], [n, c, h + top + bottom, w + left + right]);
}

/** Past the end of any axis. */
const END = 2 ** 31;

/** Crops an axis by `before` and `after`, then takes every `step`-th element. */
export function crop(graph: Graph, x: Value, axis: number, before: number, after: number, step = 1): Value {
  const shape = x.shape.map((size, i) => (i === axis ? Math.ceil((size - before - after) / step) : size));
  const bounds = [before, after ? -after : END, axis, step].map((number) => graph.int64s([number]));
  return emit(graph, 'Slice', [x.name, ...bounds], shape);
}

export function concat(graph: Graph, parts: readonly Value[], axis: number): Value {
  if (parts.length === 1) return parts[0];
  const shape = parts[0].shape.map((size, i) => (i === axis ? size * parts.length : size));
  return emit(
    graph,
    'Concat',
    parts.map(({ name }) => name),
    shape,
    { axis },
  );
}

/** `rows` rows of x from each of the rows 0, d … (k - 1) · d: [N, C, k, rows, width]. */
export function shiftedRows(graph: Graph, x: Value, k: number, rows: number, d: number): Value {
  if (k === 1) return x;
  const [n, c, , width] = x.shape;
  const int64 = (values: readonly number[], shape: readonly number[]) =>
    graph.constant(BigInt64Array.from(values, BigInt), shape, 'int64').name;
  const whole = (op: string, inputs: readonly string[], shape: readonly number[]) =>
    graph.emit(op, inputs, { shape, dtype: 'int64' }).name;
  const count = whole('Squeeze', [graph.sizeList([rows]), graph.int64s([0])], []);
  const first = whole('Range', [int64([0], []), count, int64([1], [])], [rows]);
  const shifts = int64(
    Array.from({ length: k }, (_, i) => i * d),
    [k, 1],
  );
  const indices = whole('Add', [first, shifts], [k, rows]);
  return emit(graph, 'Gather', [x.name, indices], [n, c, k, rows, width], { axis: 2 });
}

/** Σ over images: [N, L, R] gives [L, R]; of groups of successive images [N · G, L, R] gives [G · L, R]. */
export function sumOverImages(graph: Graph, products: Value, groups = 1): Value {
  const [n, l, r] = products.shape;
  if (groups > 1) return sumOverImages(graph, reshape(graph, products, [n / groups, groups * l, r]));
  if (n === 1) return reshape(graph, products, [l, r]);
  return emit(graph, 'ReduceSum', [products.name, graph.int64s([0])], [l, r], { keepdims: 0 });
}

/** Selected rows of a matrix, in that order. */
export function rowsOf(graph: Graph, matrix: Value, rows: readonly number[]): Value {
  return emit(graph, 'Gather', [matrix.name, graph.int64s(rows)], [rows.length, matrix.shape[1]], { axis: 0 });
}

/**
 * Reorders rows from [shift, channel] to [channel, shift]. Not by a Transpose: ONNX Runtime would fuse it with the
 * previous one into a slow Transpose.
 */
export function channelsFirst(graph: Graph, matrix: Value, shifts: number): Value {
  const [count] = matrix.shape;
  const channels = count / shifts;
  const rows = Array.from({ length: count }, (_, i) => (i % shifts) * channels + Math.floor(i / shifts));
  return rowsOf(graph, matrix, rows);
}

/** Every s-th pixel. */
export const subsample = (graph: Graph, x: Value, s: number): Value =>
  crop(graph, crop(graph, x, 2, 0, 0, s), 3, 0, 0, s);

/** Moves the pixels of each s × s square to channels, for as many squares as a filter of `k` squares reads. */
export function spaceToDepth(
  graph: Graph,
  x: Value,
  s: number,
  [, , rows, columns]: readonly number[],
  k: number,
): Value {
  const [n, c, h, w] = x.shape;
  const [height, width] = [(rows + k - 1) * s, (columns + k - 1) * s];
  let fitting = pad(graph, x, [0, 0, Math.max(0, height - h), Math.max(0, width - w)]);
  if (h > height) fitting = crop(graph, fitting, 2, 0, h - height);
  if (w > width) fitting = crop(graph, fitting, 3, 0, w - width);
  return emit(graph, 'SpaceToDepth', [fitting.name], [n, s * s * c, height / s, width / s], { blocksize: s });
}

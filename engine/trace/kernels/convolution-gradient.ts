// N images, H × W pixels, C channels in, O out, k × k filter, stride s. In comments, shapes are as they lie in memory.

import { backend_util } from '@tensorflow/tfjs-core';
import { NCHW, OIHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import type { Graph, Value } from '../graph.ts';
import { blockedFilterGradient } from './blocked-filter-gradient.ts';

type Four = [number, number, number, number];
type Pad = 'same' | 'valid' | number;

/** A filter that maps outputs back to inputs: its channels change places. */
const IOHW = [2, 3, 0, 1];

const infoOf = (x: readonly number[], filter: readonly number[], strides: number | [number, number], pad: Pad) =>
  backend_util.computeConv2DInfo([...x] as Four, [...filter] as Four, strides, 1, pad);

/** A value as it lies in memory: NCHW, in plain order. */
const physical = (graph: Graph, value: Value): Value => ({
  name: graph.inOrder(value, NCHW),
  shape: NCHW.map((axis) => value.shape[axis]),
  dtype: value.dtype,
  order: [0, 1, 2, 3],
});

const emit = (graph: Graph, op: string, inputs: readonly string[], shape: readonly number[], attributes = {}): Value =>
  graph.emit(op, inputs, { shape }, attributes);

function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  return emit(graph, 'Reshape', [x.name, graph.sizeList(shape)], shape);
}

function transpose(graph: Graph, x: Value, perm: readonly number[]): Value {
  return emit(
    graph,
    'Transpose',
    [x.name],
    perm.map((axis) => x.shape[axis]),
    { perm },
  );
}

/** Zeros around the two last axes. */
function pad(graph: Graph, x: Value, [top, left, bottom, right]: readonly number[]): Value {
  if (!top && !left && !bottom && !right) return x;
  const [n, c, h, w] = x.shape;
  const amounts = graph.sizeList([0, 0, top, left, 0, 0, bottom, right]);
  return emit(graph, 'Pad', [x.name, amounts], [n, c, h + top + bottom, w + left + right]);
}

/** Past the end of any axis. */
const END = 2 ** 31;

/** Of an axis what is left without so much before and after it, and of that every `step`-th. */
function crop(graph: Graph, x: Value, axis: number, before: number, after: number, step = 1): Value {
  const shape = x.shape.map((size, i) => (i === axis ? Math.ceil((size - before - after) / step) : size));
  const bounds = [before, after ? -after : END, axis, step].map((number) => graph.int64s([number]));
  return emit(graph, 'Slice', [x.name, ...bounds], shape);
}

function concat(graph: Graph, parts: readonly Value[], axis: number): Value {
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

/** From so many numbers in a filter on, one product over all images is cheaper than a sum of one an image. */
const LARGE_FILTER = 2 ** 20;

/**
 * The filter's gradient, Σ x · dy over images and positions, by a matrix product. The k² shifts of x against dy are k
 * shifts of x by rows times k shifts of dy by columns, so that 2k copies do instead of k²; but of a map of few channels,
 * such as an image, k² copies are less than k of dy. A strided convolution is one of stride 1 on the s² phases of x.
 *
 * @param x NCHW, padded @param dy NCHW
 * @returns [C · k · k, O]
 */
function filterGradient(graph: Graph, x: Value, dy: Value, k: number, s: number): Value {
  if (k === 1 && s > 1) return filterGradient(graph, subsample(graph, x, s), dy, 1, 1);
  const [n, c, , width] = x.shape;
  const [, o, rows, columns] = dy.shape;
  if (s > 1) {
    const squares = Math.ceil(k / s);
    const phases = spaceToDepth(graph, x, s, dy.shape, squares);
    return fromPhases(graph, filterGradient(graph, phases, dy, squares, 1), k, s, c);
  }
  const each = Array.from({ length: k }, (_, j) => j);
  if (k > 1 && (k - 1) * c < o) {
    const byColumn = each.map((j) => crop(graph, x, 3, j, k - 1 - j));
    const left = reshape(graph, shiftedRows(graph, concat(graph, byColumn, 1), k, rows), [
      n,
      k * c * k,
      rows * columns,
    ]);
    const gradient = productOf(graph, left, reshape(graph, dy, [n, o, rows * columns]));
    // From columns of the filter, channels in, rows.
    const taken = Array.from(
      { length: c * k * k },
      (_, i) => ((i % k) * c + Math.floor(i / k / k)) * k + (Math.floor(i / k) % k),
    );
    return emit(graph, 'Gather', [gradient.name, graph.int64s(taken)], gradient.shape, { axis: 0 });
  }
  const cells = rows * width;
  // As wide as x, so that a shift by columns is one of the whole.
  const byColumn = each.map((j) => pad(graph, dy, [0, j, 0, k - 1 - j]));
  const left = reshape(graph, shiftedRows(graph, x, k, rows), [n, c * k, cells]);
  const product = productOf(graph, left, reshape(graph, concat(graph, byColumn, 1), [n, k * o, cells]));
  return reshape(graph, product, [c * k * k, o]);
}

/** Σ left · rightᵀ over images: of [N, L, P] and [N, R, P], [L, R]. */
function productOf(graph: Graph, left: Value, right: Value): Value {
  const [n, l, positions] = left.shape;
  const r = right.shape[1];
  if (n > 1 && l * r >= LARGE_FILTER) {
    const together = [left, right].map((side) =>
      reshape(graph, transpose(graph, side, [1, 0, 2]), [1, side.shape[1], n * positions]),
    );
    return productOf(graph, together[0], together[1]);
  }
  const product = emit(graph, 'MatMul', [left.name, transpose(graph, right, [0, 2, 1]).name], [n, l, r]);
  if (n === 1) return reshape(graph, product, [l, r]);
  return emit(graph, 'ReduceSum', [product.name, graph.int64s([0])], [l, r], { keepdims: 0 });
}

/** Of the gradient by phases, [s · s · C · k' · k', O] with k' = ⌈k / s⌉, the rows of the filter itself. */
function fromPhases(graph: Graph, gradient: Value, k: number, s: number, channels: number): Value {
  const squares = Math.ceil(k / s);
  const taken: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        const phase = (i % s) * s + (j % s);
        const square = Math.floor(i / s) * squares + Math.floor(j / s);
        taken.push((phase * channels + channel) * squares ** 2 + square);
      }
    }
  }
  return emit(graph, 'Gather', [gradient.name, graph.int64s(taken)], [taken.length, gradient.shape[1]], { axis: 0 });
}

/** Rows 0, 1 … k - 1 and on of x: [N, C, k, rows, width]. */
function shiftedRows(graph: Graph, x: Value, k: number, rows: number): Value {
  if (k === 1) return x;
  const [n, c, , width] = x.shape;
  const int64 = (values: readonly number[], shape: readonly number[]) =>
    graph.constant(BigInt64Array.from(values, BigInt), shape, 'int64').name;
  const whole = (op: string, inputs: readonly string[], shape: readonly number[]) =>
    graph.emit(op, inputs, { shape, dtype: 'int64' }).name;
  const count = whole('Squeeze', [graph.sizeList([rows]), graph.int64s([0])], []);
  const first = whole('Range', [int64([0], []), count, int64([1], [])], [rows]);
  const shifts = int64([...Array(k).keys()], [k, 1]);
  const taken = whole('Add', [first, shifts], [k, rows]);
  return emit(graph, 'Gather', [x.name, taken], [n, c, k, rows, width], { axis: 2 });
}

/** Every s-th pixel. */
const subsample = (graph: Graph, x: Value, s: number): Value => crop(graph, crop(graph, x, 2, 0, 0, s), 3, 0, 0, s);

/** Pixels of each s × s square as channels, as many squares as a filter of `k` squares reaches. */
function spaceToDepth(graph: Graph, x: Value, s: number, [, , rows, columns]: readonly number[], k: number): Value {
  const [n, c, h, w] = x.shape;
  const [height, width] = [(rows + k - 1) * s, (columns + k - 1) * s];
  let fitting = pad(graph, x, [0, 0, Math.max(0, height - h), Math.max(0, width - w)]);
  if (h > height) fitting = crop(graph, fitting, 2, 0, h - height);
  if (w > width) fitting = crop(graph, fitting, 3, 0, w - width);
  return emit(graph, 'SpaceToDepth', [fitting.name], [n, s * s * c, height / s, width / s], { blocksize: s });
}

traceKernel<{ strides: number | [number, number]; pad: Pad; filterShape: Four }>(
  'Conv2DBackpropFilter',
  (graph, { x, dy }, { strides, pad: padding, filterShape }) => {
    const info = infoOf(x.shape, filterShape, strides, padding);
    const { top, left, bottom, right } = info.padInfo;
    const { block } = graph.target;
    if (block && info.inChannels % block === 0 && info.outChannels % block === 0) {
      return blockedFilterGradient(graph, x, dy, info, block);
    }
    const padded = pad(graph, physical(graph, x), [top, left, bottom, right]);
    const k = info.filterHeight;
    const gradient = filterGradient(graph, padded, physical(graph, dy), k, info.strideHeight);
    const [, , c, o] = filterShape;
    const oihw = reshape(graph, transpose(graph, gradient, [1, 0]), [o, c, k, k]);
    return { ...oihw, shape: filterShape, order: OIHW };
  },
);

traceKernel<{ strides: number | [number, number]; pad: Pad; inputShape: Four }>(
  'Conv2DBackpropInput',
  (graph, { dy, filter }, { strides, pad: padding, inputShape }) => {
    const info = infoOf(inputShape, filter.shape, strides, padding);
    const [k, s] = [info.filterHeight, info.strideHeight];
    const { top, left, bottom, right } = info.padInfo;
    const result = { shape: inputShape, order: NCHW };
    const kernel_shape = [k, k];
    if (s === 1) {
      // A convolution with the filter turned by half a turn, channels in and out changed over.
      const swapped = graph.inOrder(filter, IOHW);
      const ends = graph.int64s([-(2 ** 31), -(2 ** 31)]);
      const steps = graph.int64s([-1, -1]);
      const [o, i] = [filter.shape[3], filter.shape[2]];
      const turned =
        k === 1
          ? swapped
          : emit(graph, 'Slice', [swapped, graph.int64s([-1, -1]), ends, graph.int64s([2, 3]), steps], [i, o, k, k])
              .name;
      const pads = [k - 1 - top, k - 1 - left, k - 1 - bottom, k - 1 - right];
      return graph.emit('Conv', [graph.inOrder(dy, NCHW), turned], result, { kernel_shape, pads, strides: [1, 1] });
    }
    const missing = (size: number, out: number, before: number, after: number) =>
      size + before + after - ((out - 1) * s + k);
    return graph.emit('ConvTranspose', [graph.inOrder(dy, NCHW), graph.inOrder(filter, OIHW)], result, {
      kernel_shape,
      strides: [s, s],
      pads: [top, left, bottom, right],
      output_padding: [
        missing(inputShape[1], dy.shape[1], top, bottom),
        missing(inputShape[2], dy.shape[2], left, right),
      ],
    });
  },
);

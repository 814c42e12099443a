// N images, C channels in, O out, P positions of dy, B channels in a block, I × J shifts of x and dy.
import type { backend_util } from '@tensorflow/tfjs-core';
import { NCHW } from '../axes.ts';
import { BLOCKED } from '../blocked.ts';
import type { Graph, Value } from '../graph.ts';

/** Every pair of blocks is a product, and packs its operands anew: from so many numbers on, whole maps are faster. */
const MOST_WORK = 4096;

/** Whether a filter's gradient is best computed from maps in blocks of channels. */
export function suitsBlocks(info: backend_util.Conv2DInfo, block: number): boolean {
  const { inChannels, outChannels, outHeight, outWidth } = info;
  if (inChannels % block || outChannels % block) return false;
  return (inChannels / block) * (outChannels / block) * outHeight * outWidth <= MOST_WORK;
}

/** A map in blocks of channels, with a position of zeros at the end: [N, C / B, H · W + 1, B]. */
function withZero(graph: Graph, x: Value, block: number): Value {
  const [n, h, w, c] = x.shape;
  const blocked = graph.emit(
    'ReorderInput',
    [graph.inOrder(x, NCHW)],
    { shape: [n, c, h, w] },
    { channels_last: 0 },
    BLOCKED,
  );
  const flat = [n * (c / block), h * w, block];
  const reshaped = graph.emit('Reshape', [blocked.name, graph.int64s(flat)], { shape: flat });
  return graph.emit('Pad', [reshaped.name, graph.int64s([0, 0, 0, 0, 1, 0])], { shape: [flat[0], h * w + 1, block] });
}

/** At each of `positions`, the pixel that each of `shifts` shows there: [N, …blocks, P, shifts · B]. */
function shifted(
  graph: Graph,
  x: Value,
  positions: number,
  shifts: number,
  shape: readonly number[],
  at: (position: number, shift: number) => number,
): Value {
  const taken = Array.from({ length: positions * shifts }, (_, i) => at(Math.floor(i / shifts), i % shifts));
  const [rows, , block] = x.shape;
  const result = graph.emit(
    'Gather',
    [x.name, graph.int64s(taken)],
    { shape: [rows, taken.length, block] },
    { axis: 1 },
  );
  return graph.emit('Reshape', [result.name, graph.int64s(shape)], { shape });
}

/**
 * The filter's gradient, Σ dy · x over images and positions, from maps in blocks of channels, where a shift of a map is one
 * choice of positions. At stride 1, k shifts of x by rows times k shifts of dy by columns; else all k² shifts of x.
 *
 * @returns HWIO
 */
export function blockedFilterGradient(
  graph: Graph,
  x: Value,
  dy: Value,
  info: backend_util.Conv2DInfo,
  block: number,
): Value {
  const { batchSize: n, inChannels: c, outChannels: o, filterHeight: k, strideHeight: s, padInfo } = info;
  const [height, width] = [info.inHeight, info.inWidth];
  const [rows, columns] = [info.outHeight, info.outWidth];
  const apart = s === 1 && columns === width;
  const positions = rows * columns;
  const pixel = (row: number, column: number, h: number, w: number) =>
    row >= 0 && row < h && column >= 0 && column < w ? row * w + column : h * w;
  const rowOf = (position: number) => Math.floor(position / columns);
  const [ofX, ofDy] = apart ? [k, k] : [k * k, 1];
  const right = shifted(
    graph,
    withZero(graph, x, block),
    positions,
    ofX,
    [n, 1, c / block, positions, ofX * block],
    (p, shift) => {
      const [i, j] = apart ? [shift, padInfo.left] : [Math.floor(shift / k), shift % k];
      return pixel(rowOf(p) * s + i - padInfo.top, (p % columns) * s + j - padInfo.left, height, width);
    },
  );
  const left = shifted(
    graph,
    withZero(graph, dy, block),
    positions,
    ofDy,
    [n, o / block, 1, positions, ofDy * block],
    (p, j) => (apart ? pixel(rowOf(p), (p % columns) - j + padInfo.left, rows, columns) : p),
  );
  const pairs = [o / block, c / block];
  const sizes = [ofDy * block, ofX * block];
  const product = graph.emit(
    'FusedMatMul',
    [left.name, right.name],
    { shape: [n, ...pairs, ...sizes] },
    { transA: 1 },
    'com.microsoft',
  );
  const sum = graph.emit(
    'ReduceSum',
    [product.name, graph.int64s([0])],
    { shape: [...pairs, ...sizes] },
    { keepdims: 0 },
  );
  const parts = [...pairs, ofDy, block, ofX, block];
  const apartShape = graph.emit('Reshape', [sum.name, graph.int64s(parts)], { shape: parts });
  // [O / B, B, C / B, B, rows and columns of the filter]
  const perm = [0, 3, 1, 5, 4, 2];
  const turned = graph.emit('Transpose', [apartShape.name], { shape: perm.map((axis) => parts[axis]) }, { perm });
  const oihw = graph.emit('Reshape', [turned.name, graph.int64s([o, c, k, k])], { shape: [o, c, k, k] });
  return { ...oihw, shape: [k, k, c, o], order: [3, 2, 0, 1] };
}

// N images, C channels in, O out, P positions of dy, B channels in a block, I × J shifts of x and dy.
import type { backend_util } from '@tensorflow/tfjs-core';
import { pixelsInBlocks } from '../blocked.ts';
import type { Graph, Value } from '../graph.ts';

/** A matrix product gains from images taken together until it sums over about so many positions. */
const POSITIONS_TOGETHER = 1024;

/**
 * Of a map in blocks of channels, at each position what each shift shows there, all channels of it: [N, P · shifts · C].
 *
 * @param at the pixel that a shift shows at a position; undefined: none, which is zeros
 */
function shifted(
  graph: Graph,
  x: Value,
  block: number,
  positions: number,
  shifts: number,
  at: (position: number, shift: number) => number | undefined,
): Value {
  const [n, h, w, c] = x.shape;
  const [blocks, pixels] = [c / block, h * w];
  const all = [n, blocks * (pixels + 1), block];
  const rows = graph.emit('Reshape', [pixelsInBlocks(graph, x, block).name, graph.int64s(all)], { shape: all });
  const taken: number[] = [];
  for (let p = 0; p < positions; p++) {
    for (let shift = 0; shift < shifts; shift++) {
      const pixel = at(p, shift) ?? pixels;
      for (let b = 0; b < blocks; b++) taken.push(b * (pixels + 1) + pixel);
    }
  }
  return graph.emit('Gather', [rows.name, graph.int64s(taken)], { shape: [n, taken.length, block] }, { axis: 1 });
}

/** The greatest divisor of the number of images that leaves about as many positions together as are worth it. */
function imagesTogether(images: number, positions: number): number {
  let together = Math.min(images, Math.max(1, Math.floor(POSITIONS_TOGETHER / positions)));
  while (images % together) together--;
  return together;
}

/**
 * The filter's gradient, Σ dy · x over images and positions, from maps in blocks of channels, where a shift of a map is one
 * choice of pixels. At stride 1, k shifts of x by rows times k shifts of dy by columns; else all k² shifts of x.
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
  const { inHeight, inWidth, outHeight: rows, outWidth: columns } = info;
  const apart = s === 1 && columns === inWidth;
  const positions = rows * columns;
  const within = (row: number, column: number, height: number, width: number) =>
    row >= 0 && row < height && column >= 0 && column < width ? row * width + column : undefined;
  const rowOf = (position: number) => Math.floor(position / columns);
  const [ofX, ofDy] = apart ? [k, k] : [k * k, 1];
  const shiftsOfX = shifted(graph, x, block, positions, ofX, (p, shift) => {
    const [i, j] = apart ? [shift, padInfo.left] : [Math.floor(shift / k), shift % k];
    return within(rowOf(p) * s + i - padInfo.top, (p % columns) * s + j - padInfo.left, inHeight, inWidth);
  });
  const shiftsOfDy = shifted(graph, dy, block, positions, ofDy, (p, j) =>
    apart ? within(rowOf(p), (p % columns) - j + padInfo.left, rows, columns) : p,
  );
  const together = imagesTogether(n, positions);
  const matrix = (value: Value, width: number) => {
    const shape = [n / together, together * positions, width];
    return graph.emit('Reshape', [value.name, graph.int64s(shape)], { shape }).name;
  };
  const size = [ofDy * o, ofX * c];
  const operands = [matrix(shiftsOfDy, size[0]), matrix(shiftsOfX, size[1])];
  const shape = [n / together, ...size];
  const product = graph.emit('FusedMatMul', operands, { shape }, { transA: 1 }, 'com.microsoft');
  const sum = graph.emit('ReduceSum', [product.name, graph.int64s([0])], { shape: size }, { keepdims: 0 });
  // In memory: columns of the filter, channels out, rows, channels in; or channels out, rows, columns, channels in.
  const [parts, order] = apart ? [[k, o, k, c], [1, 3, 0, 2]] : [[o, k, k, c], [3, 0, 1, 2]]; // biome-ignore format: a pair each
  const split = graph.emit('Reshape', [sum.name, graph.int64s(parts)], { shape: parts });
  return { ...split, shape: [k, k, c, o], order };
}

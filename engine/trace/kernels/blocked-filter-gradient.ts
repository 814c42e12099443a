// N images, C channels in, O out, P positions of dy, B channels in a block, I × J shifts of x and dy.
import type { backend_util } from '@tensorflow/tfjs-core';
import { pixelsInBlocks } from '../blocked.ts';
import type { Graph, Value } from '../graph.ts';
import { channelsFirst, pad, physical, reshape, shiftedRows, sumOverImages } from './plain-maps.ts';

/** A matrix product over several images is faster until it sums over about this many positions. */
const POSITIONS_TOGETHER = 1024;

/**
 * Shifted copies of a map in blocks of channels: for each position and each shift, all channels: [N, P · shifts · C].
 *
 * @param at the pixel that a shift moves to a position; undefined for zeros
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
  const pixels: (number | undefined)[] = [];
  for (let p = 0; p < positions; p++) for (let shift = 0; shift < shifts; shift++) pixels.push(at(p, shift));
  const zeros = pixels.includes(undefined) ? 1 : 0;
  const [blocks, count] = [c / block, h * w + zeros];
  const all = [n, blocks * count, block];
  const rows = graph.emit('Reshape', [pixelsInBlocks(graph, x, block, zeros).name, graph.int64s(all)], { shape: all });
  const taken = new Int32Array(pixels.length * blocks);
  pixels.forEach((pixel = h * w, i) => {
    for (let b = 0; b < blocks; b++) taken[i * blocks + b] = b * count + pixel;
  });
  const indices = graph.constant(taken, [taken.length], 'int32');
  return graph.emit('Gather', [rows.name, indices.name], { shape: [n, taken.length, block] }, { axis: 1 });
}

/** How many images a product takes together: the greatest divisor of their number within `POSITIONS_TOGETHER`. */
function imagesTogether(images: number, positions: number): number {
  let together = Math.min(images, Math.max(1, Math.floor(POSITIONS_TOGETHER / positions)));
  while (images % together) together--;
  return together;
}

/**
 * The filter's gradient, Σ x · dy over images and positions, from maps in blocks of channels. There a shift of a map is
 * one Gather of pixels. At stride 1: k shifts of x by rows times k shifts of dy by columns; else all k² shifts of x.
 *
 * @returns [C · k · k, O]
 */
export function blockedFilterGradient(
  graph: Graph,
  x: Value,
  dy: Value,
  info: backend_util.Conv2DInfo,
  block: number,
): Value {
  const { batchSize: n, inChannels: c, outChannels: o, filterHeight: k, strideHeight: s, padInfo } = info;
  const d = info.dilationHeight;
  const { inHeight, inWidth, outHeight: rows, outWidth: columns } = info;
  const apart = s === 1 && columns === inWidth;
  const positions = rows * columns;
  const together = imagesTogether(n, positions);
  const within = (row: number, column: number, height: number, width: number) =>
    row >= 0 && row < height && column >= 0 && column < width ? row * width + column : undefined;
  const rowOf = (position: number) => Math.floor(position / columns);
  const [ofX, ofDy] = apart ? [k, k] : [k * k, 1];
  const matrices = (value: Value, width: number) => reshape(graph, value, [n / together, together * positions, width]);

  // For one image, x stays plain: a left operand whose rows are positions would need a Transpose.
  const plainX = apart && together === 1;
  const left = plainX
    ? reshape(
        graph,
        shiftedRows(graph, pad(graph, physical(graph, x), [padInfo.top, 0, padInfo.bottom, 0]), k, rows, d),
        [n, c * k, positions],
      )
    : matrices(
        shifted(graph, x, block, positions, ofX, (p, shift) => {
          const [i, j] = apart ? [shift * d, padInfo.left] : [Math.floor(shift / k) * d, (shift % k) * d];
          return within(rowOf(p) * s + i - padInfo.top, (p % columns) * s + j - padInfo.left, inHeight, inWidth);
        }),
        ofX * c,
      );
  const right = matrices(
    shifted(graph, dy, block, positions, ofDy, (p, j) =>
      apart ? within(rowOf(p), (p % columns) - j * d + padInfo.left, rows, columns) : p,
    ),
    ofDy * o,
  );
  const product = graph.emit(
    'FusedMatMul',
    [left.name, right.name],
    { shape: [n / together, ofX * c, ofDy * o] },
    { transA: plainX ? 0 : 1 },
    'com.microsoft',
  );
  const sum = sumOverImages(graph, product);
  return reshape(graph, plainX || ofX === 1 ? sum : channelsFirst(graph, sum, ofX), [c * k * k, o]);
}

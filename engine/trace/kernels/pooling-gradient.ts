import { backend_util } from '@tensorflow/tfjs-core';
import { NCHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import { BLOCKED, pixelsInBlocks } from '../blocked.ts';
import type { Graph, Value } from '../graph.ts';
import { neverWins, type PoolAttributes, padBefore } from './convolution.ts';
import { padded } from './layout.ts';

/** The gradient of average pooling over one pixel, or over windows that are padded after the last pixel only. */
traceKernel<PoolAttributes>('AvgPoolGrad', (graph: Graph, { dy, input }, { filterSize, strides, pad }) => {
  const info = backend_util.computePool2DInfo(input.shape as never, filterSize, strides, 1, pad as never);
  const { filterHeight: size, filterWidth, strideHeight: stride, strideWidth } = info;
  if (size === 1 && filterWidth === 1) return subsamplingGradient(graph, dy, input, stride);
  if (size !== 2 || filterWidth !== 2 || stride !== strideWidth || stride > 2 || pad !== 'same') {
    throw new Error("Kernel 'AvgPoolGrad' not registered");
  }
  const { name } = sharesOf(graph, dy, input, stride);
  return stride === 2 ? copied(graph, { ...dy, name, order: NCHW }, input) : summed(graph, name, input);
});

/** Each dy divided by the pixels of its 2×2 window, without those beyond the map. */
function sharesOf(graph: Graph, dy: Value, input: Value, stride: number): Value {
  const [, height, width] = input.shape;
  const [, rows, columns] = dy.shape;
  const ones = graph.emit('Expand', [graph.scalar(1).name, graph.sizeList([1, 1, height, width])], {
    shape: [1, 1, height, width],
  });
  const four = graph.constant(new Float32Array(4).fill(1), [1, 1, 2, 2], 'float32');
  const windows = { kernel_shape: [2, 2], strides: [stride, stride], auto_pad: 'SAME_UPPER' };
  const counts = graph.emit('Conv', [ones.name, four.name], { shape: [1, 1, rows, columns] }, windows);
  return graph.emit('Div', [graph.inOrder(dy, NCHW), counts.name], { shape: dy.shape, order: NCHW });
}

/** Each number at the four pixels of its window, of those on the map. */
function copied(graph: Graph, shares: Value, input: Value): Value {
  const [n, height, width, c] = input.shape;
  const [, rows, columns] = shares.shape;
  const [apart, fourfold, whole] = [
    [n, c, rows, 1, columns, 1],
    [n, c, rows, 2, columns, 2],
    [n, c, rows * 2, columns * 2],
  ];
  const cells = graph.emit('Reshape', [shares.name, graph.sizeList(apart)], { shape: apart });
  const copies = graph.emit('Tile', [cells.name, graph.int64s([1, 1, 1, 2, 1, 2])], { shape: fourfold });
  const joined = graph.emit('Reshape', [copies.name, graph.sizeList(whole)], { shape: whole });
  const ends = graph.sizeList([height, width]);
  return graph.emit('Slice', [joined.name, graph.int64s([0, 0]), ends, graph.int64s([2, 3])], {
    shape: input.shape,
    order: NCHW,
  });
}

/** At each pixel the sum of its four windows, which step by one pixel: four times the average with zeros before. */
function summed(graph: Graph, shares: string, input: Value): Value {
  const [n, height, width, c] = input.shape;
  const amounts = graph.int64s([0, 0, 1, 1, 0, 0, 0, 0]);
  const map = graph.emit('Pad', [shares, amounts], { shape: [n, c, height + 1, width + 1] });
  const result = { shape: input.shape, order: NCHW };
  const average = graph.emit('AveragePool', [map.name], result, { kernel_shape: [2, 2] });
  return graph.emit('Mul', [average.name, graph.scalar(4).name], result);
}

/** The gradient of a subsampling: dy at the sampled pixels, zeros between. */
function subsamplingGradient(graph: Graph, dy: Value, input: Value, s: number): Value {
  const [n, height, width, c] = input.shape;
  const [, rows, columns] = dy.shape;
  const { block } = graph.target;
  if (block && c % block === 0) {
    const indices = Array.from({ length: height * width }, (_, i) => {
      const [row, column] = [Math.floor(i / width) / s, (i % width) / s];
      const isTaken = Number.isInteger(row) && Number.isInteger(column) && row < rows && column < columns;
      return isTaken ? row * columns + column : rows * columns;
    });
    const pixels = pixelsInBlocks(graph, dy, block, 1);
    const all = [(n * c) / block, height * width, block];
    const spread = graph.emit('Gather', [pixels.name, graph.int64s(indices)], { shape: all }, { axis: 1 });
    const shape = [n, c, height, width];
    const blocked = graph.emit('Reshape', [spread.name, graph.int64s(shape)], { shape });
    const result = { shape: input.shape, order: NCHW };
    return graph.emit('ReorderOutput', [blocked.name], result, { channels: c, channels_last: 0 }, BLOCKED);
  }
  const cells = [n, c, rows, 1, columns, 1];
  const apart = graph.emit('Reshape', [graph.inOrder(dy, NCHW), graph.sizeList(cells)], { shape: cells });
  const wide = [n, c, rows, s, columns, s];
  const amounts = graph.int64s([0, 0, 0, 0, 0, 0, 0, 0, 0, s - 1, 0, s - 1]);
  const filled = graph.emit('Pad', [apart.name, amounts], { shape: wide });
  const whole = [n, c, rows * s, columns * s];
  const joined = graph.emit('Reshape', [filled.name, graph.sizeList(whole)], { shape: whole });
  const ends = graph.sizeList([height, width]);
  return graph.emit('Slice', [joined.name, graph.int64s([0, 0]), ends, graph.int64s([2, 3])], {
    shape: input.shape,
    order: NCHW,
  });
}

/**
 * The gradient of maximum pooling: each dy goes to the pixel that won. MaxPool returns that pixel as an index into the
 * whole map.
 */
traceKernel<PoolAttributes>('MaxPoolGrad', (graph: Graph, { dy, input, output }) => {
  // If the pooling took over a Pad, its indices are those of the map without padding.
  const padding = padBefore(graph, input, neverWins);
  const source = padding ? padding.source : input;
  const winners = graph.emitBeside(output.name, { shape: output.shape, dtype: 'int64', order: NCHW });
  const flat = (name: string, shape: readonly number[], dtype?: 'int64') => {
    const count = shape.reduce((product, size) => product * size, 1);
    return graph.emit('Reshape', [name, graph.sizeList([count])], { shape: [count], ...(dtype && { dtype }) }).name;
  };
  const map = graph.inOrder(source, NCHW);
  const shape = graph.emit('Shape', [map], { shape: [4], dtype: 'int64' });
  const zeros = graph.emit('Expand', [graph.scalar(0).name, shape.name], { shape: source.shape, order: NCHW });
  const scattered = graph.emit(
    'ScatterElements',
    [
      flat(zeros.name, source.shape),
      flat(winners.name, output.shape, 'int64'),
      flat(graph.inOrder(dy, NCHW), dy.shape),
    ],
    { shape: [source.shape.reduce((product, size) => product * size, 1)] },
    { axis: 0, reduction: 'add' },
  );
  const gradient = graph.emit('Reshape', [scattered.name, shape.name], { shape: source.shape, order: NCHW });
  return padding ? padded(graph, gradient, padding.paddings, 0) : gradient;
});

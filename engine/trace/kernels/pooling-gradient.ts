import { backend_util } from '@tensorflow/tfjs-core';
import { NCHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import { BLOCKED, pixelsInBlocks } from '../blocked.ts';
import type { Graph } from '../graph.ts';
import { neverWins, type PoolAttributes, padBefore } from './convolution.ts';
import { padded } from './layout.ts';

/** The gradient of a pooling over one pixel (a subsampling): dy at the sampled pixels, zeros between. */
traceKernel<PoolAttributes>('AvgPoolGrad', (graph: Graph, { dy, input }, { filterSize, strides, pad }) => {
  const info = backend_util.computePool2DInfo(input.shape as never, filterSize, strides, 1, pad as never);
  if (info.filterHeight !== 1 || info.filterWidth !== 1) throw new Error("Kernel 'AvgPoolGrad' not registered");
  const [n, height, width, c] = input.shape;
  const [, rows, columns] = dy.shape;
  const s = info.strideHeight;
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
});

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

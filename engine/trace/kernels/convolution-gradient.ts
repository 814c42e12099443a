// N images, H × W pixels, C channels in, O out, k × k filter, stride s. In comments, shapes are as they lie in memory.

import { backend_util } from '@tensorflow/tfjs-core';
import { NCHW, OIHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import { blockedFilterGradient } from './blocked-filter-gradient.ts';
import { filterGradient } from './filter-gradient.ts';
import { emit, pad, physical, reshape, transpose } from './plain-maps.ts';

type Four = [number, number, number, number];
type Pad = 'same' | 'valid' | number;

/** A filter that maps outputs back to inputs: its channels change places. */
const IOHW = [2, 3, 0, 1];

const infoOf = (x: readonly number[], filter: readonly number[], strides: number | [number, number], pad: Pad) =>
  backend_util.computeConv2DInfo([...x] as Four, [...filter] as Four, strides, 1, pad);

traceKernel<{ strides: number | [number, number]; pad: Pad; filterShape: Four }>(
  'Conv2DBackpropFilter',
  (graph, { x, dy }, { strides, pad: padding, filterShape }) => {
    const info = infoOf(x.shape, filterShape, strides, padding);
    const { top, left, bottom, right } = info.padInfo;
    const { block } = graph.target;
    const [k, , c, o] = filterShape;
    const gradient =
      block && c % block === 0 && o % block === 0
        ? blockedFilterGradient(graph, x, dy, info, block)
        : filterGradient(
            graph,
            pad(graph, physical(graph, x), [top, left, bottom, right]),
            physical(graph, dy),
            k,
            info.strideHeight,
          );
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

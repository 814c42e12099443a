// N images, H × W pixels, C channels in, O out, k × k filter, stride s, dilation d. Shapes are in memory order.

import { backend_util } from '@tensorflow/tfjs-core';
import { ResnetCocoError } from '../../../errors.ts';
import {
  DILATED_FILTER_GRADIENT,
  DILATED_INPUT_GRADIENT,
  GROUPED_FILTER_GRADIENT,
  GROUPED_INPUT_GRADIENT,
} from '../../ops/conv2d.ts';
import { NCHW, OIHW } from '../axes.ts';
import { type TraceKernel, traceKernel } from '../backend.ts';
import type { Graph, Value } from '../graph.ts';
import { blockedFilterGradient } from './blocked-filter-gradient.ts';
import { filterGradient } from './filter-gradient.ts';
import { groupedFilterGradient } from './grouped-filter-gradient.ts';
import { emit, pad, physical, reshape, transpose } from './plain-maps.ts';

type Four = [number, number, number, number];
type Pair = number | [number, number];

interface Attributes {
  readonly strides: Pair;
  readonly pad: 'same' | 'valid' | number;
  readonly dilations?: Pair;
  readonly groups?: number;
}

/** The order of a filter with its input and output channels swapped. */
const IOHW = [2, 3, 0, 1];

/** @throws UNSUPPORTED_OP when the filter, stride, dilation or padding differs between rows and columns */
function infoOf(x: readonly number[], filter: readonly number[], { dilations = 1, pad, strides }: Attributes) {
  const info = backend_util.computeConv2DInfo([...x] as Four, [...filter] as Four, strides, dilations, pad);
  const pairs = {
    'a filter': [info.filterHeight, info.filterWidth],
    'a stride': [info.strideHeight, info.strideWidth],
    'a dilation': [info.dilationHeight, info.dilationWidth],
  };
  for (const [what, [rows, columns]] of Object.entries(pairs)) {
    if (rows === columns) continue;
    const problem = `the gradient of a convolution by ${what} of ${rows} × ${columns} is not compiled`;
    throw new ResnetCocoError('UNSUPPORTED_OP', `${problem}; make both sides equal, or use an eager engine (wasm)`);
  }
  return info;
}

const ofFilter: TraceKernel<Attributes & { readonly filterShape: Four }> = (graph, { x, dy }, attributes) => {
  const { filterShape } = attributes;
  const info = infoOf(x.shape, filterShape, attributes);
  const { top, left, bottom, right } = info.padInfo;
  const { block } = graph.target;
  const { groups = 1 } = attributes;
  const [k, , c, o] = filterShape;
  if (groups > 1) {
    const map = pad(graph, physical(graph, x), [top, left, bottom, right]);
    const grouped = groupedFilterGradient(graph, map, physical(graph, dy), info, groups);
    return { ...grouped, shape: filterShape, order: OIHW };
  }
  const gradient =
    block && c % block === 0 && o % block === 0
      ? blockedFilterGradient(graph, x, dy, info, block)
      : filterGradient(
          graph,
          pad(graph, physical(graph, x), [top, left, bottom, right]),
          physical(graph, dy),
          k,
          info.strideHeight,
          info.dilationHeight,
        );
  const oihw = reshape(graph, transpose(graph, gradient, [1, 0]), [o, c, k, k]);
  return { ...oihw, shape: filterShape, order: OIHW };
};

const ofInput: TraceKernel<Attributes & { readonly inputShape: Four }> = (graph, { dy, filter }, attributes) => {
  const { inputShape } = attributes;
  const info = infoOf(inputShape, filter.shape, attributes);
  const [k, s, d] = [info.filterHeight, info.strideHeight, info.dilationHeight];
  const last = (k - 1) * d;
  const dilations = [d, d];
  const { top, left, bottom, right } = info.padInfo;
  const result = { shape: inputShape, order: NCHW };
  const kernel_shape = [k, k];
  const { groups: group = 1 } = attributes;
  if (s === 1) {
    // A convolution with the filter rotated by 180°, its input and output channels swapped.
    const swapped = group === 1 ? graph.inOrder(filter, IOHW) : swappedInGroups(graph, filter, group);
    const ends = graph.int64s([-(2 ** 31), -(2 ** 31)]);
    const steps = graph.int64s([-1, -1]);
    const [o, i] = [filter.shape[3] / group, filter.shape[2] * group];
    const rotatedFilter =
      k === 1
        ? swapped
        : emit(graph, 'Slice', [swapped, graph.int64s([-1, -1]), ends, graph.int64s([2, 3]), steps], [i, o, k, k]).name;
    const pads = [last - top, last - left, last - bottom, last - right];
    return graph.emit('Conv', [graph.inOrder(dy, NCHW), rotatedFilter], result, {
      kernel_shape,
      pads,
      strides: [1, 1],
      dilations,
      ...(group === 1 ? {} : { group }),
    });
  }
  const missing = (size: number, out: number, before: number, after: number) =>
    size + before + after - ((out - 1) * s + last + 1);
  return graph.emit('ConvTranspose', [graph.inOrder(dy, NCHW), graph.inOrder(filter, OIHW)], result, {
    kernel_shape,
    strides: [s, s],
    dilations,
    pads: [top, left, bottom, right],
    ...(group === 1 ? {} : { group }),
    output_padding: [
      missing(inputShape[1], dy.shape[1], top, bottom),
      missing(inputShape[2], dy.shape[2], left, right),
    ],
  });
};

/** A filter OIHW, the input and output channels of each group swapped: G groups of [O / G, I] give [G · I, O / G]. */
function swappedInGroups(graph: Graph, filter: Value, groups: number): string {
  const [k, , i, o] = filter.shape;
  const plain = { ...filter, name: graph.inOrder(filter, OIHW) };
  const apart = reshape(graph, plain, [groups, o / groups, i, k * k]);
  return reshape(graph, transpose(graph, apart, [0, 2, 1, 3]), [groups * i, o / groups, k, k]).name;
}

for (const name of ['Conv2DBackpropFilter', DILATED_FILTER_GRADIENT, GROUPED_FILTER_GRADIENT]) {
  traceKernel(name, ofFilter);
}
for (const name of ['Conv2DBackpropInput', DILATED_INPUT_GRADIENT, GROUPED_INPUT_GRADIENT]) traceKernel(name, ofInput);

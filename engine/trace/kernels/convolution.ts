import { backend_util } from '@tensorflow/tfjs-core';
import { GROUPED_CONV2D, type GroupedAttributes } from '../../ops/conv2d.ts';
import { LOWEST } from '../../ops/max-pool.ts';
import { NCHW, OIHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import type { Graph, Value } from '../graph.ts';
import { type Padding, paddingOf } from './layout.ts';

type Pad = 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]];

/** The Pad that made `x`, if it pads only rows and columns, with a value that the next operator can take over. */
export function padBefore(graph: Graph, x: Value, fill: (value: number) => boolean): Padding | undefined {
  const before = paddingOf(graph, x);
  if (!before || !fill(before.value)) return undefined;
  const [n, , , c] = before.paddings;
  return n[0] || n[1] || c[0] || c[1] ? undefined : before;
}

/** Whether a value of padding never wins a maximum. */
export const neverWins = (value: number): boolean => value <= LOWEST;

/** An operator's padding as ONNX lists it. Takes over a Pad right before, if `fill` accepts its value. */
function takePadding(graph: Graph, x: Value, own: backend_util.PadInfo, fill: (value: number) => boolean) {
  const pads = [own.top, own.left, own.bottom, own.right];
  const before = padBefore(graph, x, fill);
  if (!before) return { x, pads };
  const [, [top, bottom], [left, right]] = before.paddings;
  return { x: before.source, pads: [pads[0] + top, pads[1] + left, pads[2] + bottom, pads[3] + right] };
}

interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: Pad;
  readonly dilations: [number, number] | number;
}

function convolution(
  graph: Graph,
  { x, filter }: Readonly<Record<string, Value>>,
  { strides, pad, dilations }: ConvolutionAttributes,
): Value {
  const [xShape, filterShape] = [x.shape, filter.shape] as unknown as [
    [number, number, number, number],
    [number, number, number, number],
  ];
  const info = backend_util.computeConv2DInfo(xShape, filterShape, strides, dilations, pad);
  const padded = takePadding(graph, x, info.padInfo, (value) => value === 0);
  return graph.emit(
    'Conv',
    [graph.inOrder(padded.x, NCHW), graph.inOrder(filter, OIHW)],
    { shape: info.outShape, order: NCHW },
    {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: padded.pads,
      group: xShape[3] / filterShape[2],
    },
  );
}

traceKernel<ConvolutionAttributes & { readonly dataFormat: 'NHWC' | 'NCHW' }>('Conv2D', (graph, inputs, attributes) => {
  if (attributes.dataFormat !== 'NHWC') throw new Error("Kernel 'Conv2DNCHW' not registered");
  return convolution(graph, inputs, attributes);
});
traceKernel<GroupedAttributes>(GROUPED_CONV2D, convolution);

export interface PoolAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: Pad;
}

const poolInfo = (x: Value, { filterSize, strides, pad }: PoolAttributes) =>
  backend_util.computePool2DInfo(x.shape as never, filterSize, strides, 1, pad as never);

const poolAttributes = (info: backend_util.Conv2DInfo, pads: readonly number[]) => ({
  kernel_shape: [info.filterHeight, info.filterWidth],
  strides: [info.strideHeight, info.strideWidth],
  pads,
});

traceKernel<PoolAttributes>('MaxPool', (graph, { x }, attributes) => {
  const info = poolInfo(x, attributes);
  const padded = takePadding(graph, x, info.padInfo, neverWins);
  const input = graph.inOrder(padded.x, NCHW);
  return graph.emit('MaxPool', [input], { shape: info.outShape, order: NCHW }, poolAttributes(info, padded.pads));
});

/** tfjs's average does not count padding, as ONNX's default. */
traceKernel<PoolAttributes>('AvgPool', (graph, { x }, attributes) => {
  const info = poolInfo(x, attributes);
  const { top, left, bottom, right } = info.padInfo;
  const { pads, ...windows } = poolAttributes(info, [top, left, bottom, right]);
  // The padding of 'same' depends on the map's sides, and one graph serves all sizes.
  const padding = attributes.pad === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads };
  const input = graph.inOrder(x, NCHW);
  return graph.emit('AveragePool', [input], { shape: info.outShape, order: NCHW }, { ...windows, ...padding });
});

traceKernel<{ varianceEpsilon: number }>(
  'FusedBatchNorm',
  (graph, { x, mean, variance, scale, offset }, { varianceEpsilon }) => {
    const channels = mean.shape[0];
    const gamma = scale ?? graph.constant(new Float32Array(channels).fill(1), [channels], 'float32');
    const beta = offset ?? graph.constant(new Float32Array(channels), [channels], 'float32');
    return graph.emit(
      'BatchNormalization',
      [graph.inOrder(x, NCHW), gamma.name, beta.name, mean.name, variance.name],
      { shape: x.shape, order: NCHW },
      { epsilon: { float: varianceEpsilon } },
    );
  },
);

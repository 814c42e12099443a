import * as tf from '@tensorflow/tfjs-core';
import {
  DILATED_FILTER_GRADIENT,
  DILATED_INPUT_GRADIENT,
  GROUPED_CONV2D,
  GROUPED_FILTER_GRADIENT,
  GROUPED_INPUT_GRADIENT,
  type GroupedAttributes,
} from '../ops/conv2d.ts';
import { provide } from './provide.ts';

type Four = [number, number, number, number];
type Attributes = Readonly<Record<string, unknown>>;

/** Part `i` of G along an axis. */
function part(x: tf.Tensor, axis: number, i: number, groups: number): tf.Tensor {
  const size = x.shape[axis]! / groups;
  const begin = x.shape.map((_, k) => (k === axis ? i * size : 0));
  return tf.slice(
    x,
    begin,
    x.shape.map((whole, k) => (k === axis ? size : whole)),
  );
}

/** What a kernel gives of each group, joined along an axis. */
const ofEachGroup = (groups: number, axis: number, kernel: (group: number) => tf.Tensor): tf.Tensor =>
  tf.concat(
    Array.from({ length: groups }, (_, group) => kernel(group)),
    axis,
  );

function run(kernelName: string, inputs: tf.NamedTensorMap, attributes: Attributes): tf.Tensor {
  const { dilations, pad, strides, ...shapes } = attributes;
  const common = { strides, pad, dataFormat: 'NHWC', dilations, ...shapes };
  return tf.engine().runKernel(kernelName, inputs, common as tf.NamedAttrMap) as tf.Tensor;
}

/** A convolution for each group. */
export function registerGroupedConvolution(backendName: string): void {
  provide(backendName, GROUPED_CONV2D, ({ x, filter }, attributes) => {
    const { groups, ...convolution } = attributes as unknown as GroupedAttributes;
    return ofEachGroup(groups, 3, (i) =>
      run('Conv2D', { x: part(x, 3, i, groups), filter: part(filter, 3, i, groups) }, convolution),
    );
  });
}

/** A gradient for each group. */
export function registerGroupedGradients(backendName: string): void {
  const kernels = ({ dilations }: GroupedAttributes) =>
    dilations === 1
      ? ['Conv2DBackpropInput', 'Conv2DBackpropFilter']
      : [DILATED_INPUT_GRADIENT, DILATED_FILTER_GRADIENT];
  provide(backendName, GROUPED_INPUT_GRADIENT, ({ dy, filter }, attributes) => {
    const { groups, inputShape, ...convolution } = attributes as unknown as GroupedAttributes & { inputShape: Four };
    const [n, height, width, channels] = inputShape;
    const [kernel] = kernels(attributes as unknown as GroupedAttributes);
    const shape = [n, height, width, channels / groups];
    return ofEachGroup(groups, 3, (i) =>
      run(
        kernel,
        { dy: part(dy, 3, i, groups), filter: part(filter, 3, i, groups) },
        { ...convolution, inputShape: shape },
      ),
    );
  });
  provide(backendName, GROUPED_FILTER_GRADIENT, ({ x, dy }, attributes) => {
    const { groups, filterShape, ...convolution } = attributes as unknown as GroupedAttributes & { filterShape: Four };
    const [height, width, from, to] = filterShape;
    const [, kernel] = kernels(attributes as unknown as GroupedAttributes);
    const shape = [height, width, from, to / groups];
    return ofEachGroup(groups, 3, (i) =>
      run(kernel, { x: part(x, 3, i, groups), dy: part(dy, 3, i, groups) }, { ...convolution, filterShape: shape }),
    );
  });
}

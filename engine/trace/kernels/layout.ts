import { type DataType, slice_util, util } from '@tensorflow/tfjs-core';
import { traceKernel } from '../backend.ts';
import type { DType, Graph, Value } from '../graph.ts';
import { aligned } from './elementwise.ts';

/** Past the end of any axis: ONNX's Slice reads it as "to the end". */
const END = Number(2n ** 62n);

/** A constant padding that the next convolution or pooling may take over. */
export interface Padding {
  readonly source: Value;
  readonly paddings: readonly (readonly [number, number])[];
  readonly value: number;
}
const paddings = new WeakMap<Graph, Map<string, Padding>>();

/** The padding of `value`, if a Pad made it. */
export const paddingOf = (graph: Graph, value: Value): Padding | undefined => paddings.get(graph)?.get(value.name);

/** A transpose is another view of the same memory. */
traceKernel<{ perm: number[] }>('Transpose', (_graph, { x }, { perm }) => ({
  ...x,
  shape: perm.map((axis) => x.shape[axis]),
  order: x.order.map((axis) => perm.indexOf(axis)),
}));

function reshape(graph: Graph, x: Value, wanted: readonly number[]): Value {
  const size = util.sizeFromShape([...x.shape]);
  const shape = util.inferFromImplicitShape([...wanted], size);
  if (shape.join() === x.shape.join()) return x;
  return graph.emit('Reshape', [graph.plain(x), graph.sizeList(shape)], { shape, dtype: x.dtype });
}

traceKernel<{ shape: number[] }>('Reshape', (graph, { x }, { shape }) => reshape(graph, x, shape));
traceKernel<{ dim: number }>('ExpandDims', (graph, { input }, { dim }) => {
  const shape = [...input.shape];
  shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1);
  return reshape(graph, input, shape);
});

/** `x` with constant padding. */
export function padded(graph: Graph, x: Value, pads: Padding['paddings'], value: number): Value {
  const shape = x.shape.map((size, axis) => size + pads[axis][0] + pads[axis][1]);
  const physical = x.order.map((axis) => pads[axis]);
  const amounts = graph.int64s([...physical.map(([before]) => before), ...physical.map(([, after]) => after)]);
  const fill = graph.scalar(value, x.dtype === 'int32' ? 'int32' : 'float32');
  const result = graph.emit('Pad', [x.name, amounts, fill.name], { ...x, shape });
  const graphPaddings = paddings.get(graph) ?? new Map<string, Padding>();
  paddings.set(graph, graphPaddings.set(result.name, { source: x, paddings: pads, value }));
  return result;
}

traceKernel<{ paddings: [number, number][]; constantValue: number }>(
  'PadV2',
  (graph, { x }, { paddings: pads, constantValue }) => padded(graph, x, pads, constantValue),
);

traceKernel<{ begin: number[]; size: number[] }>('Slice', (graph, { x }, attributes) => {
  const [begin, size] = slice_util.parseSliceParams(
    { shape: [...x.shape] } as never,
    attributes.begin,
    attributes.size,
  );
  const padding = paddingOf(graph, x);
  const undoesPad = padding?.paddings.every(
    ([before], axis) => begin[axis] === before && size[axis] === padding.source.shape[axis],
  );
  if (padding && undoesPad) return padding.source;
  const ends = begin.map((start, axis) => (start + size[axis] === x.shape[axis] ? END : start + size[axis]));
  const inOrder = (list: readonly number[]) => x.order.map((axis) => list[axis]);
  return graph.emit('Slice', [x.name, graph.sizeList(inOrder(begin)), graph.sizeList(inOrder(ends))], {
    ...x,
    shape: size,
  });
});

traceKernel<{ axis: number }>('Concat', (graph, inputs, { axis }) => {
  const values = Object.values(inputs);
  const at = util.parseAxisParam(axis, [...values[0].shape])[0];
  const { names, order } = aligned(graph, values);
  const shape = values[0].shape.map((size, i) =>
    i === at ? values.reduce((sum, value) => sum + value.shape[i], 0) : size,
  );
  return graph.emit('Concat', names, { shape, dtype: values[0].dtype, order }, { axis: order.indexOf(at) });
});

traceKernel<{ reps: number[] }>('Tile', (graph, { x }, { reps }) => {
  const shape = x.shape.map((size, axis) => size * reps[axis]);
  const amounts = graph.sizeList(x.order.map((axis) => reps[axis]));
  return graph.emit('Tile', [x.name, amounts], { ...x, shape });
});

traceKernel<{ shape: number[]; value: number; dtype?: DataType }>(
  'Fill',
  (graph, _inputs, { shape, value, dtype = 'float32' }) =>
    graph.emit('Expand', [graph.scalar(value, dtype as 'float32' | 'int32').name, graph.sizeList(shape)], {
      shape,
      dtype: dtype as DType,
    }),
);

/** tfjs's `resizeNearestNeighbor` takes pixel ⌊i · in / out⌋, as torch's nearest `interpolate` does. */
traceKernel<{ size: [number, number]; alignCorners: boolean; halfPixelCenters: boolean }>(
  'ResizeNearestNeighbor',
  (graph, { images }, { size, alignCorners, halfPixelCenters }) => {
    if (alignCorners || halfPixelCenters) throw new Error("Kernel 'ResizeNearestNeighborAligned' not registered");
    const [n, , , c] = images.shape;
    const shape = [n, size[0], size[1], c];
    const sizes = graph.sizeList(images.order.map((axis) => shape[axis]));
    return graph.emit(
      'Resize',
      [images.name, '', '', sizes],
      { ...images, shape },
      {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      },
    );
  },
);

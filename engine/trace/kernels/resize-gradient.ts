import { ELEMENT_TYPES } from '../../onnx/encode.ts';
import { NCHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import type { Graph, Value } from '../graph.ts';

/** A 0/1 matrix along one axis: which source pixel each pixel of the large map was copied from. */
function sources(graph: Graph, small: Value, large: Value, axis: number): Value {
  const int64 = (op: string, inputs: readonly string[], shape: readonly number[], attributes = {}) =>
    graph.emit(op, inputs, { shape, dtype: 'int64' }, attributes);
  const [from, to] = [small, large].map((map) => {
    const shape = int64('Shape', [graph.inOrder(map, NCHW)], [4]);
    return int64('Gather', [shape.name, graph.int64s([axis])], [1], { axis: 0 });
  });
  const [inputs, outputs] = [small, large].map(({ shape }) => shape[NCHW[axis]]);
  const zero = graph.int64s([0]);
  const one = graph.int64s([1]);
  const upTo = (size: Value, count: number) => {
    const [start, limit, step] = [zero, size.name, one].map((value) => int64('Squeeze', [value, zero], []).name);
    return int64('Range', [start, limit, step], [count]);
  };
  const source = int64('Div', [int64('Mul', [upTo(to, outputs).name, from.name], [outputs]).name, to.name], [outputs]);
  const rows = int64('Unsqueeze', [upTo(from, inputs).name, one], [inputs, 1]);
  const same = graph.emit('Equal', [rows.name, source.name], { shape: [inputs, outputs], dtype: 'bool' });
  return graph.emit('Cast', [same.name], { shape: [inputs, outputs] }, { to: ELEMENT_TYPES.float32 });
}

/** The gradient of a pixel is the sum over its copies: a product with a 0/1 matrix along each axis. */
traceKernel<{ alignCorners: boolean; halfPixelCenters: boolean }>(
  'ResizeNearestNeighborGrad',
  (graph, { dy, images }, { alignCorners, halfPixelCenters }) => {
    if (alignCorners || halfPixelCenters) throw new Error("Kernel 'ResizeNearestNeighborAlignedGrad' not registered");
    const [n, height, width, c] = images.shape;
    const columns = dy.shape[2];
    const [byRow, byColumn] = [2, 3].map((axis) => sources(graph, images, dy, axis));
    const rows = graph.emit('MatMul', [byRow.name, graph.inOrder(dy, NCHW)], { shape: [n, c, height, columns] });
    const turned = graph.emit('Transpose', [byColumn.name], { shape: [columns, width] }, { perm: [1, 0] });
    return graph.emit('MatMul', [rows.name, turned.name], { shape: [n, height, width, c], order: NCHW });
  },
);

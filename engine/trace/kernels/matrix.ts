import { traceKernel } from '../backend.ts';
import type { Graph, Value } from '../graph.ts';

function swapped(value: Value, swap: boolean): Value {
  if (!swap) return value;
  const rank = value.shape.length;
  const other = (axis: number) => (axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis);
  return { ...value, shape: value.shape.map((_, axis) => value.shape[other(axis)]), order: value.order.map(other) };
}

traceKernel<{ transposeA: boolean; transposeB: boolean }>(
  'BatchMatMul',
  (graph: Graph, { a, b }, { transposeA, transposeB }) => {
    const [left, right] = [swapped(a, transposeA), swapped(b, transposeB)];
    const shape = [...left.shape.slice(0, -1), right.shape[right.shape.length - 1]];
    return graph.emit('MatMul', [graph.plain(left), graph.plain(right)], { shape });
  },
);

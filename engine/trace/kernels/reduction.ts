import { util } from '@tensorflow/tfjs-core';
import { type TraceKernel, traceKernel } from '../backend.ts';

/** A reduction over `axes` as the model counts them. The remaining axes keep their order in memory. */
const reduction =
  (op: string): TraceKernel<{ axis?: number | number[]; reductionIndices?: number | number[]; keepDims: boolean }> =>
  (graph, { x }, { axis, reductionIndices, keepDims }) => {
    const axes = util.parseAxisParam((axis ?? reductionIndices)!, [...x.shape]);
    if (!axes.length) return x;
    const left = x.shape.map((_, i) => i).filter((i) => keepDims || !axes.includes(i));
    const shape = left.map((i) => (axes.includes(i) ? 1 : x.shape[i]));
    const order = x.order.filter((i) => left.includes(i)).map((i) => left.indexOf(i));
    const physicalAxes = axes.map((i) => x.order.indexOf(i)).sort((a, b) => a - b);
    const attributes = { keepdims: keepDims ? 1 : 0 };
    // In opset 17 only ReduceSum takes its axes as an input.
    if (op === 'ReduceSum') {
      return graph.emit(op, [x.name, graph.int64s(physicalAxes)], { shape, dtype: x.dtype, order }, attributes);
    }
    return graph.emit(op, [x.name], { shape, dtype: x.dtype, order }, { ...attributes, axes: physicalAxes });
  };

traceKernel('Sum', reduction('ReduceSum'));
traceKernel('Mean', reduction('ReduceMean'));
traceKernel('Max', reduction('ReduceMax'));
traceKernel('Min', reduction('ReduceMin'));

// Statistics are per channel, over images and pixels.

import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRAD } from '../../ops/batch-norm.ts';
import { NCHW } from '../axes.ts';
import { traceKernels } from '../backend.ts';
import type { Graph, Value } from '../graph.ts';

/** The axes of the statistics, in NCHW. */
const PIXELS = [0, 2, 3];

const zeros = (graph: Graph, count: number) => graph.constant(new Float32Array(count), [count], 'float32').name;
const ones = (graph: Graph, count: number) => graph.constant(new Float32Array(count).fill(1), [count], 'float32').name;

/** The number of elements behind each statistic, computed at run time. */
function countOf(graph: Graph, map: string): Value {
  const shape = graph.emit('Shape', [map], { shape: [4], dtype: 'int64' });
  const sizes = graph.emit('Gather', [shape.name, graph.int64s(PIXELS)], { shape: [3], dtype: 'int64' }, { axis: 0 });
  const whole = graph.emit('ReduceProd', [sizes.name], { shape: [1], dtype: 'int64' }, { axes: [0], keepdims: 1 });
  return graph.emit('Cast', [whole.name], { shape: [1] }, { to: 1 });
}

/** An operator on one number per channel. */
const byChannel =
  (graph: Graph, channels: number) =>
  (name: string, ...inputs: Value[]): Value =>
    graph.emit(
      name,
      inputs.map((input) => input.name),
      { shape: [channels] },
    );

traceKernels<{ epsilon: number }>(BATCH_NORM_TRAINING, (graph, { x, gamma, beta }, { epsilon }) => {
  const [channels] = gamma.shape;
  const vector = { shape: gamma.shape };
  const map = graph.inOrder(x, NCHW);
  // ONNX Runtime overwrites the incoming statistics, and merges equal short constants: no two constants may be equal.
  const written = (share: number) =>
    graph.constant(new Float32Array(gamma.shape[0]).fill(graph.nodes.length + share), gamma.shape, 'float32').name;
  // ONNX returns running statistics; with a momentum of 0 they are the batch's own.
  const [y, mean, variance] = graph.emitAll(
    'BatchNormalization',
    [map, gamma.name, beta.name, written(2.25), written(2.5)],
    [{ shape: x.shape, order: NCHW }, vector, vector],
    { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 },
  );
  const op = byChannel(graph, channels);
  const count = countOf(graph, map);
  const unbiased = op('Mul', variance, op('Div', count, op('Sub', count, graph.scalar(1))));
  return [y, mean, variance, unbiased];
});

/**
 * dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)). For each channel this is a · dy + b · x + c, where b · x + c is a
 * batch norm with fixed statistics: one pass over the map.
 */
traceKernels<{ epsilon: number }>(BATCH_NORM_TRAINING_GRAD, (graph, { dy, x, gamma, mean, variance }, { epsilon }) => {
  const channels = gamma.shape[0];
  const op = byChannel(graph, channels);
  const [map, incoming] = [graph.inOrder(x, NCHW), graph.inOrder(dy, NCHW)];
  const meanOf = (value: string) =>
    graph.emit('ReduceMean', [value], { shape: [channels] }, { axes: PIXELS, keepdims: 0 });
  const result = { shape: x.shape, order: NCHW };
  const inverse = op('Reciprocal', op('Sqrt', op('Add', variance, graph.scalar(epsilon))));
  const shift = meanOf(incoming);
  const moment = op('Sub', meanOf(graph.emit('Mul', [incoming, map], result).name), op('Mul', mean, shift));
  const slope = op('Mul', inverse, moment);
  const a = op('Mul', gamma, inverse);
  const b = op('Neg', op('Mul', op('Mul', a, inverse), slope));
  const c = op('Neg', op('Add', op('Mul', a, shift), op('Mul', b, mean)));
  const along = graph.emit('Unsqueeze', [a.name, graph.int64s([1, 2])], { shape: [channels, 1, 1] });
  const scaled = graph.emit('Mul', [incoming, along.name], result);
  const shifted = graph.emit(
    'BatchNormalization',
    [map, b.name, c.name, zeros(graph, channels), ones(graph, channels)],
    result,
    { epsilon: { float: 0 } },
  );
  const count = countOf(graph, map);
  const dx = graph.emit('Add', [scaled.name, shifted.name], result);
  return [dx, op('Mul', slope, count), op('Mul', shift, count)];
});

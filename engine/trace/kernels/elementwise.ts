import { backend_util, type DataType } from '@tensorflow/tfjs-core';
import { ELEMENT_TYPES } from '../../onnx/encode.ts';
import { type TraceKernel, traceKernel } from '../backend.ts';
import { type DType, type Graph, identityOrder, type Value } from '../graph.ts';

/** tfjs kernel → ONNX operator on one operand. */
const UNARY: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  LogicalNot: 'Not',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tanh: 'Tanh',
};

/** tfjs kernel → ONNX operator on two operands. */
const BINARY: Readonly<Record<string, string>> = {
  Add: 'Add',
  Sub: 'Sub',
  Multiply: 'Mul',
  RealDiv: 'Div',
  Maximum: 'Max',
  Minimum: 'Min',
  Pow: 'Pow',
};

const COMPARISON: Readonly<Record<string, string>> = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
};

function unary(graph: Graph, op: string, x: Value, attributes = {}, dtype = x.dtype): Value {
  return graph.emit(op, [x.name], { ...x, dtype }, attributes);
}

/**
 * Operands broadcast as in NumPy: aligned at the last axis. The result lies in the order of the operand whose axes are
 * permuted, if any, so that a feature map in NCHW stays so.
 */
export function aligned(graph: Graph, operands: readonly Value[]): { names: string[]; order: readonly number[] } {
  const rank = Math.max(...operands.map((value) => value.shape.length));
  const permuted = (value: Value) => value.order.some((axis, i) => axis !== i);
  const full = operands.filter((value) => value.shape.length === rank);
  const order = (full.find(permuted) ?? full[0]).order;
  const isPlain = order.every((axis, i) => axis === i);
  const names = operands.map((value) => {
    if (!value.shape.length) return value.name;
    return isPlain ? graph.plain(value) : graph.inOrder(withRank(graph, value, rank), order);
  });
  return { names, order };
}

/** `value` with ones in front of its shape. */
function withRank(graph: Graph, value: Value, rank: number): Value {
  if (value.shape.length === rank) return value;
  const shape = [...Array<number>(rank - value.shape.length).fill(1), ...value.shape];
  return graph.emit('Reshape', [graph.plain(value), graph.sizeList(shape)], { shape, dtype: value.dtype });
}

function binary(graph: Graph, op: string, a: Value, b: Value, dtype: DType = a.dtype): Value {
  const shape = backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  const { names, order } = aligned(graph, [a, b]);
  return graph.emit(op, names, { shape, dtype, order });
}

function cast(graph: Graph, x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : unary(graph, 'Cast', x, { to: ELEMENT_TYPES[dtype] }, dtype);
}

function filledLike(graph: Graph, x: Value, value: number): Value {
  const shape = graph.emit('Shape', [x.name], { shape: [x.shape.length], dtype: 'int64' });
  return graph.emit('Expand', [graph.scalar(value, x.dtype === 'int32' ? 'int32' : 'float32').name, shape.name], x);
}

/** A kernel of one operand `x`, composed of several operators. */
const composed = (name: string, kernel: (graph: Graph, x: Value) => Value) =>
  traceKernel(name, (graph, { x }) => kernel(graph, x));

for (const [name, op] of Object.entries(UNARY)) composed(name, (graph, x) => unary(graph, op, x));
for (const [name, op] of Object.entries(BINARY)) {
  traceKernel(name, (graph, { a, b }) => binary(graph, op, a, b));
}
for (const [name, op] of Object.entries(COMPARISON)) {
  traceKernel(name, (graph, { a, b }) => binary(graph, op, a, b, 'bool'));
}
traceKernel('NotEqual', (graph, { a, b }) => unary(graph, 'Not', binary(graph, 'Equal', a, b, 'bool')));
traceKernel('SquaredDifference', (graph, { a, b }) => {
  const difference = binary(graph, 'Sub', a, b);
  return binary(graph, 'Mul', difference, difference);
});

composed('Identity', (_graph, x) => x);
composed('Square', (graph, x) => binary(graph, 'Mul', x, x));
composed('Rsqrt', (graph, x) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', x)));
composed('ZerosLike', (graph, x) => filledLike(graph, x, 0));
composed('OnesLike', (graph, x) => filledLike(graph, x, 1));

traceKernel<{ dtype: DataType }>('Cast', (graph, { x }, { dtype }) => cast(graph, x, dtype as DType));

/** The slope of a hard sigmoid that maps every positive normal number to 1. */
const STEEPEST = 3.4e38;

traceKernel<{ alpha: number }>('Step', (graph, { x }, { alpha }) => {
  // One operator instead of a comparison and a cast: ReLU's gradient is dy times this.
  const step = unary(graph, 'HardSigmoid', x, { alpha: { float: STEEPEST }, beta: { float: 0 } });
  return alpha ? binary(graph, 'Max', step, graph.scalar(alpha)) : step;
});
traceKernel<{ alpha: number }>('LeakyRelu', (graph, { x }, { alpha }) =>
  unary(graph, 'LeakyRelu', x, { alpha: { float: alpha } }),
);
traceKernel<{ clipValueMin: number; clipValueMax: number }>(
  'ClipByValue',
  (graph, { x }, { clipValueMin, clipValueMax }) =>
    graph.emit('Clip', [x.name, graph.scalar(clipValueMin).name, graph.scalar(clipValueMax).name], x),
);
composed('Relu6', (graph, x) => graph.emit('Clip', [x.name, graph.scalar(0).name, graph.scalar(6).name], x));

const select: TraceKernel = (graph, { condition, t, e }) => {
  const { names, order } = aligned(graph, [condition, t, e]);
  return graph.emit('Where', names, { shape: t.shape, dtype: t.dtype, order });
};
traceKernel('Select', select);

const sum: TraceKernel = (graph, inputs) => {
  const values = Object.values(inputs);
  const { names, order } = aligned(graph, values);
  return graph.emit('Sum', names, { shape: values[0].shape, dtype: values[0].dtype, order });
};
traceKernel('AddN', sum);

const softmax =
  (op: string): TraceKernel =>
  (graph, { logits }) => {
    const shape = logits.shape;
    return graph.emit(op, [graph.plain(logits)], { shape, order: identityOrder(shape.length) }, { axis: -1 });
  };
traceKernel('Softmax', softmax('Softmax'));
traceKernel('LogSoftmax', softmax('LogSoftmax'));

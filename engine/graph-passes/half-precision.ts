import { ResnetCocoError } from '../../errors.ts';
import { floatToHalf } from '../../io/half-floats.ts';
import { ELEMENT_TYPES } from '../onnx/encode.ts';
import type { Constant, DType, Graph } from '../trace/graph.ts';

/**
 * Operators that stay in single precision: coordinates of regions need more digits than half precision has, and sums over
 * whole maps more room. A Cast says its own type.
 */
const SINGLE = new Set(['Cast', 'RoiAlign', 'ReduceMean', 'ReduceSum', 'Softmax', 'BatchNormalization']);

/** Operators that only move numbers, which keep their precision: what is cut from regions are regions. */
const MOVING = new Set([
  'Concat',
  'Gather',
  'Identity',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

/** The greatest number of half precision. */
const MOST = 65504;

/**
 * Weights and activations in half precision (IEEE 754's binary16): a file of half the size. Inputs and outputs keep their
 * types, and so do operators that half precision would harm.
 *
 * @throws ResnetCocoError BAD_MODEL for a weight that is beyond half precision
 */
export function halfPrecision(graph: Graph): Graph {
  const result = graph.withoutNodes();
  /** By name of a value: those that are in half precision themselves. */
  const halves = new Set<string>();
  /** By name of a value: its other form. */
  const others = new Map<string, string>();
  const other = (name: string, make: () => string): string => {
    const made = others.get(name) ?? make();
    others.set(name, made);
    return made;
  };
  const cast = (name: string, dtype: DType): string =>
    other(name, () => {
      const { shape } = graph.values.get(name)!;
      return result.emit('Cast', [name], { shape: shape.map(Number), dtype }, { to: ELEMENT_TYPES[dtype] }).name;
    });
  const isFloat = (name: string): boolean =>
    (graph.constants.get(name)?.dtype ?? graph.values.get(name)?.dtype) === 'float32';
  const single = (name: string): string => (halves.has(name) ? cast(name, 'float32') : name);
  const half = (name: string): string => {
    if (!isFloat(name) || halves.has(name)) return name;
    const constant = graph.constants.get(name);
    if (!constant) return cast(name, 'float16');
    return other(name, () => {
      const { data, shape } = halved(constant);
      return result.constant(data, shape, 'float16').name;
    });
  };

  for (const node of graph.nodes) {
    // Weights are in half precision, whether they are moved first or not.
    const moved = MOVING.has(node.op) ? node.inputs.filter((name) => isFloat(name) && !graph.constants.has(name)) : [];
    const isMoved = moved.length > 0 && !moved.some((name) => halves.has(name));
    const isSingle = SINGLE.has(node.op) || isMoved;
    result.nodes.push({ ...node, inputs: node.inputs.map(isSingle ? single : half) });
    if (isSingle) continue;
    for (const output of node.outputs.filter(isFloat)) {
      halves.add(output);
      result.values.set(output, { ...graph.values.get(output)!, dtype: 'float16' });
    }
  }
  result.outputs.push(...graph.outputs.map((output) => ({ ...output, value: single(output.value) })));
  return result;
}

function halved({ data, shape }: Constant): Constant {
  const floats = data as Float32Array;
  const beyond = floats.find((value) => Math.abs(value) > MOST);
  if (beyond !== undefined) {
    const problem = `a weight is ${beyond}, but numbers of half precision reach ${MOST}`;
    throw new ResnetCocoError('BAD_MODEL', `${problem}; export the model in single precision`);
  }
  return { dtype: 'float16', shape, data: floatToHalf(floats) };
}

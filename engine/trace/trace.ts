import type { Tensor } from '@tensorflow/tfjs-core';
import type { InputSpec, ProgramSpec, Weights } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { Tensors } from '../tensors.ts';
import { NCHW, OIHW } from './axes.ts';
import { tensorOf, traceInto, valueFor } from './backend.ts';
import { Graph, identityOrder, type Value } from './graph.ts';
import './kernels/index.ts';
import { mergeTraces } from './symbolic-sizes.ts';

/** The order of axes of a device-resident value. */
export const keptOrder = (rank: number): readonly number[] => (rank === 4 ? NCHW : identityOrder(rank));

/**
 * Two sizes for each dynamic dimension, in units of 32 pixels so that strides divide them. All are different primes,
 * and the differences within the pairs, divided by any power of two, are different too. So a pair of sizes tells its
 * dimension.
 */
const SIZE_PAIRS: readonly (readonly [number, number])[] = [
  [11, 13],
  [17, 23],
  [19, 29],
  [47, 61],
  [41, 59],
  [31, 53],
  [71, 97],
  [37, 67],
  [73, 107],
  [89, 127],
  [109, 151],
  [103, 149],
  [113, 163],
  [83, 137],
  [43, 101],
  [131, 193],
  [157, 223],
  [181, 251],
  [167, 241],
  [179, 257],
];

/**
 * Traces a model to a graph of ONNX operators. If inputs have dynamic dimensions, the model is traced at two sizes, and
 * the merged graph serves all sizes.
 */
export const trace = (spec: ProgramSpec): Graph =>
  traceSizes(spec, (graph, sizes) => {
    const outputs = spec.model(weightTensors(graph, spec.weights), inputTensors(graph, spec.inputs, sizes)) as Tensors;
    for (const [name, tensor] of Object.entries(outputs)) {
      graph.output(name, valueFor(tensor), spec.kept?.includes(name) ? keptOrder(tensor.rank) : undefined);
    }
  });

/** One graph for all sizes of the inputs' dynamic dimensions; `build` makes the graph at given sizes. */
export function traceSizes(
  { inputs, name }: Pick<ProgramSpec, 'inputs' | 'name'>,
  build: (graph: Graph, sizes: ReadonlyMap<string, number>) => void,
  block?: number,
): Graph {
  const dims = [...new Set(Object.values(inputs).flatMap(({ shape }) => shape.filter((d) => typeof d === 'string')))];
  if (dims.length > SIZE_PAIRS.length)
    throw new Error(`${name} has ${dims.length} dynamic dimensions, at most ${SIZE_PAIRS.length}`);
  const at = (which: 0 | 1) => {
    const sizes = new Map(dims.map((dim, i) => [dim, 32 * SIZE_PAIRS[i][which]]));
    const graph = new Graph({ block: dims.length ? undefined : block });
    traceInto(name, graph, () => build(graph, sizes));
    return graph;
  };
  const first = at(0);
  return mergeTraces(name, first, dims.length ? at(1) : first);
}

export function inputTensors(
  graph: Graph,
  specs: Readonly<Record<string, InputSpec>>,
  sizes: ReadonlyMap<string, number>,
  portOf = (name: string) => name,
): Tensors {
  const inputs: Record<string, Tensor> = {};
  for (const [name, { shape, dtype = 'float32', kept }] of Object.entries(specs)) {
    const example = shape.map((dim) => (typeof dim === 'number' ? dim : sizes.get(dim)!));
    const order = kept ? keptOrder(shape.length) : identityOrder(shape.length);
    inputs[name] = tensorOf(graph.input(portOf(name), example, shape, dtype, order));
  }
  return inputs;
}

function weightTensors(graph: Graph, weights: Weights): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, tensorOf(weightValue(graph, name, weight))]),
  );
}

function weightValue(graph: Graph, name: string, weight: HostTensor): Value {
  const { order, shape } = seen(weight);
  const value = graph.constant(weight.data, shape, weight.data instanceof Float32Array ? 'float32' : 'int32', order);
  graph.parameters.set(value.name, name);
  return value;
}

/** The shape and order in which the model sees a weight: a filter is OIHW in memory and HWIO to the model. */
export function seen({ shape }: HostTensor): { readonly shape: readonly number[]; readonly order: readonly number[] } {
  if (shape.length !== 4) return { shape, order: identityOrder(shape.length) };
  const [o, i, h, w] = shape;
  return { shape: [h, w, i, o], order: OIHW };
}

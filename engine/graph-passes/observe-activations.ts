import { LayerGraph } from '../quantization/layer-graph.ts';
import type { Graph } from '../trace/graph.ts';

/** How many values of an activation are read, about: enough for its tails, where not even one in ten thousand values is. */
const SAMPLED = 2 ** 16;
/** Past the end of any axis. */
const END = Number(2n ** 62n);

/** The outputs that `observeActivations` adds for an activation, by its name. */
export const observedOutputs = {
  least: (name: string) => `least:${name}`,
  greatest: (name: string) => `greatest:${name}`,
  sample: (name: string) => `sample:${name}`,
  /** The activation of a `sample`; undefined for other outputs. */
  nameIn: (output: string) => (output.startsWith('sample:') ? output.slice('sample:'.length) : undefined),
};

/** Adds the least and the greatest value of each activation, and a sample of its values, to a graph's outputs. */
export function observeActivations(graph: Graph): Graph {
  const result = graph.withoutNodes();
  result.nodes.push(...graph.nodes);
  result.outputs.push(...graph.outputs);
  const { names, quantizedValues } = new LayerGraph(graph);
  const int64 = { dtype: 'int64' } as const;
  const all = result.int64s([-1]);
  const one = result.int64s([1]);
  const steps = result.int64s([2 * SAMPLED]);
  const two = result.int64s([2]);
  for (const value of quantizedValues) {
    const name = names.get(value)!;
    const put = (output: string, from: string, shape: readonly (number | string)[]) =>
      result.outputs.push({ name: output, value: from, dtype: 'float32', shape });
    const extreme = (op: string) => result.emit(op, [value], { shape: [] }, { keepdims: 0 }).name;
    put(observedOutputs.least(name), extreme('ReduceMin'), []);
    put(observedOutputs.greatest(name), extreme('ReduceMax'), []);
    // Odd steps, so that no column or channel is preferred.
    const flat = result.emit('Reshape', [value, all], { shape: [SAMPLED] }).name;
    const count = result.emit('Shape', [flat], { shape: [1], ...int64 }).name;
    const half = result.emit('Div', [count, steps], { shape: [1], ...int64 }).name;
    const even = result.emit('Mul', [half, two], { shape: [1], ...int64 }).name;
    const step = result.emit('Add', [even, one], { shape: [1], ...int64 }).name;
    const ends = [result.int64s([0]), result.int64s([END]), result.int64s([0]), step];
    put(observedOutputs.sample(name), result.emit('Slice', [flat, ...ends], { shape: [SAMPLED] }).name, [
      `${name}_count`,
    ]);
  }
  return result;
}

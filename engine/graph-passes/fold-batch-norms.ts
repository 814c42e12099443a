// O filters, which are a convolution's output channels.
import type { Graph, Node } from '../trace/graph.ts';
import { makersOf, usersOf } from '../trace/links.ts';

/** A convolution and the batch norm with fixed statistics right after it, both with constant weights. */
interface Pair {
  readonly conv: Node;
  readonly norm: Node;
}

/**
 * Folds batch norms into the convolutions before them. y = γ (W x + b − μ) / √(σ² + ε) + β is a convolution with the
 * filter s W and the bias β + s (b − μ), where s = γ / √(σ² + ε). A norm stays if another operator uses the
 * convolution's output, or if its weights are inputs, as in training.
 */
export function foldBatchNorms(graph: Graph): Graph {
  const pairs = findPairs(graph);
  const result = graph.withoutNodes();
  result.outputs.push(...graph.outputs);
  const norms = new Set(Array.from(pairs.values(), ({ norm }) => norm));
  for (const node of graph.nodes) {
    const pair = pairs.get(node.outputs[0]);
    if (pair) result.nodes.push(folded(result, pair));
    // A Shape of the convolution's output reads the norm's output instead.
    else if (!norms.has(node)) {
      result.nodes.push({ ...node, inputs: node.inputs.map((name) => pairs.get(name)?.norm.outputs[0] ?? name) });
    }
  }
  return result;
}

/** The pairs by the name of the convolution's output. */
function findPairs(graph: Graph): Map<string, Pair> {
  const nodes = graph.liveNodes();
  const makers = makersOf(nodes);
  const users = usersOf(nodes);
  const leaving = new Set(graph.outputs.map(({ value }) => value));
  const areConstant = (names: readonly string[]) => names.every((name) => graph.constants.has(name));
  const pairs = new Map<string, Pair>();
  for (const norm of makers.values()) {
    if (norm.op !== 'BatchNormalization' || norm.attributes.training_mode || !areConstant(norm.inputs.slice(1)))
      continue;
    const [between] = norm.inputs;
    const conv = makers.get(between);
    if (conv?.op !== 'Conv' || conv.domain !== undefined || !areConstant(conv.inputs.slice(1))) continue;
    const others = users.get(between)!.filter((node) => node !== norm);
    if (leaving.has(between) || others.some(({ op }) => op !== 'Shape')) continue;
    pairs.set(between, { conv, norm });
  }
  return pairs;
}

/** The convolution with the norm folded in, computed in double precision. */
function folded(graph: Graph, { conv, norm }: Pair): Node {
  const numbers = (name: string) => graph.constants.get(name)!.data as Float32Array;
  const [gamma, beta, mean, variance] = norm.inputs.slice(1).map(numbers);
  const { float: epsilon } = norm.attributes.epsilon as { readonly float: number };
  const [x, filter, bias] = conv.inputs;
  const weights = numbers(filter);
  const before = bias === undefined ? undefined : numbers(bias);
  const count = gamma.length;
  const size = weights.length / count;
  const scaled = new Float32Array(weights.length);
  const shift = new Float32Array(count);
  for (let o = 0; o < count; o++) {
    const scale = gamma[o] / Math.sqrt(variance[o] + epsilon);
    shift[o] = beta[o] + scale * ((before?.[o] ?? 0) - mean[o]);
    for (let i = o * size, end = i + size; i < end; i++) scaled[i] = scale * weights[i];
  }
  const constant = (data: Float32Array, shape: readonly number[]) => graph.constant(data, shape, 'float32').name;
  const inputs = [x, constant(scaled, graph.constants.get(filter)!.shape), constant(shift, [count])];
  const parameter = graph.parameters.get(filter);
  if (parameter !== undefined) graph.parameters.set(inputs[1], parameter);
  return { ...conv, inputs, outputs: norm.outputs };
}

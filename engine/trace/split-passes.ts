import { Graph, type GraphOutput, type Node } from './graph.ts';
import { partPorts } from './part-ports.ts';

/** The graphs of a part in training. */
export interface PassGraphs {
  readonly forward: Graph;
  /** Absent where `forward` is both. Its inputs go by the names of `forward`'s inputs and outputs, and of cotangents. */
  readonly backward?: Graph;
}

const isForward = ({ name }: GraphOutput) =>
  name.startsWith(partPorts.output('')) || name.startsWith(partPorts.update(''));

/**
 * Cuts the graph of both passes in two. The forward pass is what outputs and updates need; all else is backward, so
 * nothing is computed twice, and what is made only for gradients (shifted maps, turned filters) is never held. What
 * crosses are results of the forward pass that the other needs; weights, inputs and constants both have.
 */
export function splitPasses(whole: Graph): PassGraphs {
  const outputs = whole.outputs.filter(isForward);
  const forward = new Set(whole.liveNodes(outputs));
  const made = new Set([...forward].flatMap((node) => node.outputs));
  const live = whole.liveNodes();
  for (const node of live) {
    // A shape is worth crossing in the place of the map that has it.
    if (node.op !== 'Shape' || !made.has(node.inputs[0])) continue;
    forward.add(node);
    made.add(node.outputs[0]);
  }
  const rest = live.filter((node) => !forward.has(node));
  const gradients = whole.outputs.filter((output) => !isForward(output));
  const needed = new Set([...rest.flatMap((node) => node.inputs), ...gradients.map(({ value }) => value)]);
  /** By value: under which name it leaves the forward graph. */
  const crossing = new Map<string, string>();
  const saved: GraphOutput[] = [];
  for (const value of made) {
    if (!needed.has(value)) continue;
    const output = outputs.find((candidate) => candidate.value === value);
    crossing.set(value, output?.name ?? value);
    if (!output) saved.push({ name: value, value, ...whole.values.get(value)! });
  }
  return {
    forward: subgraph(
      whole,
      live.filter((node) => forward.has(node)),
      [...outputs, ...saved],
    ),
    backward: subgraph(whole, rest, gradients, crossing),
  };
}

/** Some nodes of a graph, with the inputs and constants that they use. `received`: values that come in under a name. */
export function subgraph(
  whole: Graph,
  nodes: readonly Node[],
  outputs: readonly GraphOutput[],
  received: ReadonlyMap<string, string> = new Map(),
): Graph {
  const part = new Graph(whole.target, whole);
  const nameOf = (value: string) => received.get(value) ?? value;
  part.nodes.push(...nodes.map((node) => ({ ...node, inputs: node.inputs.map(nameOf) })));
  part.outputs.push(...outputs.map((output) => ({ ...output, value: nameOf(output.value) })));
  const used = new Set([...nodes.flatMap((node) => node.inputs), ...outputs.map(({ value }) => value)]);
  part.inputs.push(...whole.inputs.filter(({ name }) => used.has(name)));
  for (const [value, name] of received) part.inputs.push({ name, ...whole.values.get(value)! });
  for (const [value, type] of whole.values) part.values.set(value, type);
  for (const [name, constant] of whole.constants) if (used.has(name)) part.constants.set(name, constant);
  return part;
}

import { subgraph } from '../graph-passes/dead-nodes.ts';
import type { Graph, GraphOutput } from './graph.ts';
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

import { subgraph } from '../graph-passes/dead-nodes.ts';
import type { Graph, GraphOutput } from './graph.ts';
import { partPorts } from './part-ports.ts';

/** The graphs of a part in training. */
export interface PassGraphs {
  readonly forward: Graph;
  /** Absent if `forward` computes both passes. Its inputs are `forward`'s inputs and outputs, and the cotangents. */
  readonly backward?: Graph;
}

const isForward = ({ name }: GraphOutput) =>
  name.startsWith(partPorts.output('')) || name.startsWith(partPorts.update(''));

/**
 * Splits the graph of both passes in two. The forward pass is what outputs and updates need; the rest is backward. So
 * nothing is computed twice, and tensors made only for gradients (shifted maps, turned filters) are never saved. The
 * forward graph's extra outputs are the values that the backward graph needs; both have weights, inputs and constants.
 */
export function splitPasses(whole: Graph): PassGraphs {
  const outputs = whole.outputs.filter(isForward);
  const forward = new Set(whole.liveNodes(outputs));
  const forwardValues = new Set([...forward].flatMap((node) => node.outputs));
  const live = whole.liveNodes();
  for (const node of live) {
    // Save the shape of a map instead of the map.
    if (node.op !== 'Shape' || !forwardValues.has(node.inputs[0])) continue;
    forward.add(node);
    forwardValues.add(node.outputs[0]);
  }
  const rest = live.filter((node) => !forward.has(node));
  const gradients = whole.outputs.filter((output) => !isForward(output));
  const needed = new Set([...rest.flatMap((node) => node.inputs), ...gradients.map(({ value }) => value)]);
  /** By value: its output name in the forward graph. */
  const crossing = new Map<string, string>();
  const saved: GraphOutput[] = [];
  for (const value of forwardValues) {
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

import { Graph, type GraphOutput, type Node } from '../trace/graph.ts';

/** The graph without operators, inputs and constants that no output needs. */
export const dropDeadNodes = (graph: Graph): Graph => subgraph(graph, graph.liveNodes(), graph.outputs);

/** Some nodes of a graph with the inputs and constants that they use. `received`: values that become named inputs. */
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

/** Which operators make and use a value, by its name. */
import type { GraphOutput, Node } from './graph.ts';

/** The operator that makes each value. */
export const makersOf = (nodes: readonly Node[]): Map<string, Node> =>
  new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));

/** The operators that use each value, in order, each once. */
export function usersOf(nodes: readonly Node[]): Map<string, Node[]> {
  const users = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const input of new Set(node.inputs)) {
      const others = users.get(input);
      if (others) others.push(node);
      else users.set(input, [node]);
    }
  }
  return users;
}

/** How often operators and outputs use each value. */
export function usesOf(nodes: readonly Node[], outputs: readonly GraphOutput[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ value }) => value)]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
}

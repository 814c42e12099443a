import type { Graph, Node } from '../trace/graph.ts';
import { usersOf } from '../trace/links.ts';

/** A convolution or matrix product whose weights may be in eight bits. */
export interface QuantizableLayer {
  /** That of its parameter, without `.weight`. */
  readonly name: string;
  /** The parameter that holds its weights, with a row for each channel out. */
  readonly parameter: string;
}

/** A graph whose norms and biases are folded, seen as layers and the activations between them. */
export class LayerGraph {
  readonly graph: Graph;
  /** Names of activations, by value. */
  readonly names: ReadonlyMap<string, string>;
  readonly #users: ReadonlyMap<string, readonly Node[]>;
  readonly #leaving: ReadonlySet<string>;

  constructor(graph: Graph) {
    this.graph = graph;
    this.#users = usersOf(graph.nodes);
    this.#leaving = new Set(graph.outputs.map(({ value }) => value));
    this.names = this.#activationNames();
  }

  usersOf(value: string): readonly Node[] {
    return this.#users.get(value) ?? [];
  }

  /** The layer that a node is; undefined for other operators, and for weights that are no parameter. */
  layerOf({ attributes, domain, inputs, op }: Node): QuantizableLayer | undefined {
    const { constants, parameters } = this.graph;
    if (domain !== undefined || !(op === 'Conv' || (op === 'Gemm' && attributes.transB))) return undefined;
    const parameter = constants.has(inputs[1]) ? parameters.get(inputs[1]) : undefined;
    return parameter === undefined ? undefined : { name: parameter.replace(/\.weight$/, ''), parameter };
  }

  get layers(): QuantizableLayer[] {
    return this.graph.nodes.flatMap((node) => this.layerOf(node) ?? []);
  }

  /** The ReLU right after a node, which nothing else reads. */
  reluAfter({ outputs: [output] }: Node): Node | undefined {
    const [next, ...others] = this.usersOf(output);
    return next?.op === 'Relu' && !others.length && !this.#leaving.has(output) ? next : undefined;
  }

  /** The activation that a node gives: its output, or that of the ReLU after it. */
  activationOf(node: Node): string {
    return (this.reluAfter(node) ?? node).outputs[0];
  }

  /** Whether an activation can be quantized. */
  isFloat(value: string): boolean {
    return this.graph.values.get(value)?.dtype === 'float32';
  }

  /** The values that are quantized where layers are: what layers and sums read and give. */
  get quantizedValues(): string[] {
    const values = this.graph.nodes.flatMap((node) => {
      const layer = this.layerOf(node);
      if (layer) return [node.inputs[0], this.activationOf(node)];
      return node.op === 'Add' ? [this.activationOf(node)] : [];
    });
    return [...new Set(values)].filter((value) => this.isFloat(value));
  }

  /**
   * A layer's output has the layer's name; another value has the name of the last layer before it and of its operator, such as
   * `layer1.0.conv3+add`. Where a name occurs again, it is numbered: `rpn.head.conv.0.0#2`.
   */
  #activationNames(): Map<string, string> {
    const names = new Map(this.graph.inputs.map(({ name }) => [name, name]));
    /** By value: the last layer before it, and its place. */
    const lastLayers = new Map<string, { readonly at: number; readonly name: string }>();
    const counts = new Map<string, number>();
    for (const [at, node] of this.graph.nodes.entries()) {
      const layer = this.layerOf(node);
      const before = node.inputs.flatMap((input) => lastLayers.get(input) ?? []).sort((a, b) => b.at - a.at)[0];
      const last = layer ? { at, name: layer.name } : before;
      const name = layer?.name ?? `${before?.name ?? ''}+${node.op.toLowerCase()}`;
      for (const output of node.outputs) {
        if (last) lastLayers.set(output, last);
        if (!this.isFloat(output)) continue;
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        names.set(output, count === 1 ? name : `${name}#${count}`);
      }
    }
    return names;
  }
}

import { sizeOf } from '../host-tensor.ts';
import type { Graph, Node } from '../trace/graph.ts';
import { makersOf, usesOf } from '../trace/links.ts';

/** Operators that only give a constant another shape, where it has one axis of more than one number. */
const RESHAPING = new Set(['Reshape', 'Transpose']);

/**
 * Makes an Add of one number per channel the bias of the convolution or the matrix product before it: a MatMul by a
 * constant becomes a Gemm. Constants that are only reshaped before they are added count as constants.
 */
export function foldBiases(graph: Graph): Graph {
  return new BiasFolding(graph).result;
}

class BiasFolding {
  readonly result: Graph;
  readonly #source: Graph;
  readonly #makers: ReadonlyMap<string, Node>;
  readonly #uses: ReadonlyMap<string, number>;

  constructor(source: Graph) {
    this.#source = source;
    this.result = source.withoutNodes();
    this.result.outputs.push(...source.outputs);
    this.#makers = makersOf(source.nodes);
    this.#uses = usesOf(source.nodes, source.outputs);
    /** By the Add after a product: the product with its bias. */
    const wholes = new Map<Node, Node>();
    const folded = new Set<Node>();
    for (const node of source.nodes) {
      const whole = this.#folded(node);
      if (!whole) continue;
      folded.add(this.#makers.get(whole.product)!);
      wholes.set(node, whole.node);
    }
    for (const node of source.nodes) if (!folded.has(node)) this.result.nodes.push(wholes.get(node) ?? node);
  }

  /** The product with its bias, where a node is the Add after one. */
  #folded({ inputs, op, outputs }: Node): { readonly product: string; readonly node: Node } | undefined {
    if (op !== 'Add') return undefined;
    for (const [i, product] of inputs.entries()) {
      const maker = this.#makers.get(product);
      if (!maker || maker.domain !== undefined || this.#uses.get(product) !== 1) continue;
      const bias = this.#vector(inputs[1 - i]);
      const whole = bias && (this.#convolution(maker, bias) ?? this.#product(maker, bias));
      if (whole) return { product, node: { ...whole, outputs } };
    }
    return undefined;
  }

  #convolution(node: Node, { data, shape }: Vector): Omit<Node, 'outputs'> | undefined {
    if (node.op !== 'Conv' || node.inputs.length > 2) return undefined;
    const filter = this.#source.constants.get(node.inputs[1]);
    const channel = shape.length - 3;
    if (!filter || filter.shape[0] !== data.length || (data.length > 1 && shape[channel] !== data.length))
      return undefined;
    return { ...node, inputs: [...node.inputs, this.#constant(data)] };
  }

  #product(node: Node, { data, shape }: Vector): Omit<Node, 'outputs'> | undefined {
    if (node.op !== 'MatMul') return undefined;
    const [x, right] = node.inputs;
    const turned = this.#makers.get(right);
    const [weight, transB] =
      turned?.op === 'Transpose' && `${turned.attributes.perm}` === '1,0' ? [turned.inputs[0], 1] : [right, 0];
    const matrix = this.#source.constants.get(weight);
    const isFlat = this.#source.values.get(x)?.shape.length === 2 && matrix?.shape.length === 2;
    if (!isFlat || matrix.shape[transB ? 0 : 1] !== data.length || shape[shape.length - 1] !== data.length)
      return undefined;
    return { op: 'Gemm', inputs: [x, weight, this.#constant(data)], attributes: { transB } };
  }

  #constant(data: Float32Array): string {
    return this.result.constant(data, [data.length], 'float32').name;
  }

  /** A constant with one axis of more than one number, in the shape in which it is added. */
  #vector(name: string): Vector | undefined {
    const { shape } = this.#source.values.get(name) ?? { shape: [] };
    let source = name;
    for (let maker = this.#makers.get(source); maker && RESHAPING.has(maker.op); maker = this.#makers.get(source)) {
      [source] = maker.inputs;
    }
    const constant = this.#source.constants.get(source);
    if (!(constant?.data instanceof Float32Array)) return undefined;
    const sizes = shape as readonly number[];
    if (sizeOf(sizes) !== constant.data.length || sizes.filter((size) => size !== 1).length > 1) return undefined;
    return { data: constant.data, shape: sizes };
  }
}

interface Vector {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

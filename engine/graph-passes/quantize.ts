import type { Quantization } from '../quantization/quantization.ts';
import { QuantizedForms } from '../quantization/quantized-forms.ts';
import type { Graph, Node } from '../trace/graph.ts';

/** Operators that only choose or move numbers: their output has the scale of their input. */
const MOVING = new Set(['MaxPool', 'Reshape', 'Resize', 'Transpose']);

/**
 * Layers in eight bits, in ONNX's form for any runtime: each activation is quantized and dequantized (QDQ), and so are
 * weights, which are stored as bytes. Runtimes compute what lies between with integers. Activations are uint8, asymmetric;
 * weights int8, symmetric, with a scale for each channel; biases int32. A ReLU after a layer or a sum is the lower end of its
 * range.
 *
 * The graph's norms and biases must be folded.
 *
 * @throws ResnetCocoError BAD_CONFIG when the range of an activation is missing
 */
export const quantize =
  (quantization: Quantization) =>
  (graph: Graph): Graph =>
    new Quantizer(graph, quantization).result;

class Quantizer extends QuantizedForms {
  readonly #floatLayers: ReadonlySet<string>;

  constructor(source: Graph, quantization: Quantization) {
    super(source, quantization);
    this.#floatLayers = new Set(quantization.floatLayers);
    const absorbed = new Set<Node>();
    for (const node of source.nodes) {
      if (absorbed.has(node)) continue;
      const relu = this.#put(node);
      if (relu) absorbed.add(relu);
    }
    this.result.outputs.push(...source.outputs.map((output) => ({ ...output, value: this.floats(output.value) })));
  }

  #isQuantized(node: Node): boolean {
    const layer = this.source.layerOf(node);
    return layer !== undefined && !this.#floatLayers.has(layer.name);
  }

  /** @returns the ReLU after the node, if that is part of it */
  #put(node: Node): Node | undefined {
    if (this.#isQuantized(node)) return this.#giveBytes(this.layer(node));
    if (node.op === 'Concat' && this.#concatenate(node)) return undefined;
    const isSum = node.op === 'Add' && node.inputs.every((input) => this.quantized(input));
    const floats = { ...node, inputs: node.inputs.map((input) => this.floats(input)) };
    if (isSum) return this.#giveBytes(floats);
    const before = this.quantized(node.inputs[0]);
    // The shape of the bytes: the floats may never be computed.
    if (node.op === 'Shape' && before) this.result.nodes.push({ ...node, inputs: [before.bytes] });
    else this.result.nodes.push(floats);
    const [output] = node.outputs;
    if (before && MOVING.has(node.op) && this.source.isFloat(output)) this.activate(output, output, before.scale);
    return undefined;
  }

  /** What a layer reads of several maps, such as regions of all levels, is joined as bytes: a quarter of what floats are. */
  #concatenate(node: Node): boolean {
    const [output] = node.outputs;
    const read = this.#readAs(output);
    if (read === undefined) return false;
    const scale = this.scale(read);
    const shapeOf = (name: string) => this.source.graph.values.get(name)!.shape as readonly number[];
    const inputs = node.inputs.map((input) => this.roundTrip(this.floats(input), scale, shapeOf(input)).floats);
    this.result.nodes.push({ ...node, inputs });
    this.activate(output, output, scale);
    return true;
  }

  /** The value, the same or moved, that a quantized layer reads, if nothing else reads it. */
  #readAs(value: string): string | undefined {
    const [user, ...others] = this.source.usersOf(value);
    if (!user || others.length || user.inputs[0] !== value) return undefined;
    if (this.#isQuantized(user)) return value;
    return MOVING.has(user.op) ? this.#readAs(user.outputs[0]) : undefined;
  }

  /** Adds a node on bytes, whose output is bytes: only a matrix product may give floats, where no layer reads them. */
  #giveBytes(node: Node): Node | undefined {
    this.result.nodes.push(node);
    const value = this.source.activationOf(node);
    const relu = this.source.reluAfter(node);
    const isRead = this.source.usersOf(value).some((user) => this.#isQuantized(user));
    if (node.op === 'Gemm' && !relu && !isRead) return undefined;
    this.activate(value, node.outputs[0], this.scale(value));
    return relu;
  }
}

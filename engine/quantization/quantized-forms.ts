import { ResnetCocoError } from '../../errors.ts';
import type { Graph, Node } from '../trace/graph.ts';
import { quantizeBias, quantizeWeights, type Scale, scaleOf, scalesForBias } from './eight-bits.ts';
import { LayerGraph } from './layer-graph.ts';
import type { Quantization } from './quantization.ts';

/** An activation in eight bits. */
export interface ByteActivation {
  readonly bytes: string;
  /** The floats that the bytes stand for. */
  readonly floats: string;
  readonly scale: Scale;
}

/** A graph under construction whose activations and weights also exist in eight bits, once they are asked for. */
export class QuantizedForms {
  readonly result: Graph;
  protected readonly source: LayerGraph;
  readonly #ranges: Quantization['activations'];
  readonly #activations = new Map<string, ByteActivation>();
  readonly #weights = new Map<string, string[]>();

  constructor(source: Graph, { activations }: Pick<Quantization, 'activations'>) {
    this.source = new LayerGraph(source);
    this.#ranges = activations;
    this.result = source.withoutNodes();
  }

  /** The activation of a value, if that is quantized. */
  protected quantized(value: string): ByteActivation | undefined {
    return this.#activations.get(value);
  }

  /** The floats of a value, which were bytes if it is quantized. */
  protected floats(value: string): string {
    return this.quantized(value)?.floats ?? value;
  }

  protected activation(value: string): ByteActivation {
    return this.quantized(value) ?? this.activate(value, value, this.scale(value));
  }

  /** Quantizes `floats`, which are the value or all there is of it, and dequantizes the bytes. */
  protected activate(value: string, floats: string, scale: Scale): ByteActivation {
    const activation = this.roundTrip(floats, scale, this.source.graph.values.get(value)!.shape as readonly number[]);
    this.#activations.set(value, activation);
    return activation;
  }

  protected roundTrip(floats: string, scale: Scale, shape: readonly number[]): ByteActivation {
    const step = this.result.scalar(scale.scale).name;
    const zero = this.result.constant(Uint8Array.of(scale.zero), [], 'uint8').name;
    const bytes = this.result.emit('QuantizeLinear', [floats, step, zero], { shape, dtype: 'uint8' }).name;
    const back = this.result.emit('DequantizeLinear', [bytes, step, zero], { shape }).name;
    return { bytes, floats: back, scale };
  }

  /** @throws ResnetCocoError BAD_CONFIG when the quantization does not say the range of the value */
  protected scale(value: string): Scale {
    const name = this.source.names.get(value)!;
    if (Object.hasOwn(this.#ranges, name)) return scaleOf(this.#ranges[name]);
    const problem = `quantization: activations: ${name} is missing`;
    throw new ResnetCocoError('BAD_CONFIG', `${problem}; quantize the model again with this version of resnet-coco`);
  }

  /** A layer whose input, weights and bias are in eight bits; its output has the name of the node's. */
  protected layer(node: Node): Node {
    const [x, filter, bias] = node.inputs;
    const { floats, scale } = this.activation(x);
    return { ...node, inputs: [floats, ...this.#weightsOf(filter, bias, scale.scale)] };
  }

  /** Weights and bias, stored as integers and dequantized. They depend on the scale of the layer's input. */
  #weightsOf(filter: string, bias: string | undefined, scale: number): string[] {
    const key = `${filter} ${bias} ${scale}`;
    const made = this.#weights.get(key);
    if (made) return made;
    const { constants } = this.source.graph;
    const { data, shape } = constants.get(filter)!;
    const [channels] = shape;
    const biases = bias === undefined ? undefined : (constants.get(bias)!.data as Float32Array);
    const weights = quantizeWeights(data as Float32Array, channels, biases && scalesForBias(biases, scale));
    const inputs = [this.#dequantized(weights.data, shape, 'int8', weights.scales)];
    if (biases) {
      const sums = quantizeBias(biases, scale, weights.scales);
      const scales = weights.scales.map((own) => own * scale);
      inputs.push(this.#dequantized(sums, [channels], 'int32', scales));
    }
    this.#weights.set(key, inputs);
    return inputs;
  }

  #dequantized(
    data: Int8Array | Int32Array,
    shape: readonly number[],
    dtype: 'int8' | 'int32',
    scales: Float32Array,
  ): string {
    const { length } = scales;
    const zeros = dtype === 'int8' ? new Int8Array(length) : new Int32Array(length);
    const inputs = [
      this.result.constant(data, shape, dtype),
      this.result.constant(scales, [length], 'float32'),
      this.result.constant(zeros, [length], dtype),
    ].map(({ name }) => name);
    return this.result.emit('DequantizeLinear', inputs, { shape }, { axis: 0 }).name;
  }
}

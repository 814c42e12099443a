import type { Quantization } from '../quantization/quantization.ts';
import { QuantizedForms } from '../quantization/quantized-forms.ts';
import type { Graph, Node } from '../trace/graph.ts';

/** The outputs that `measureNoise` adds for a layer's output, by its name. */
export const noiseOutputs = {
  signal: (name: string) => `signal:${name}`,
  noise: (name: string) => `noise:${name}`,
  /** The name in a `noise`; undefined for other outputs. */
  nameIn: (output: string) => (output.startsWith('noise:') ? output.slice('noise:'.length) : undefined),
};

/**
 * Adds to a graph's outputs what quantization does to each layer by itself: the energy of its output, and that of the
 * difference which eight bits make to it. All layers before it compute in single precision.
 */
export const measureNoise =
  (quantization: Pick<Quantization, 'activations'>) =>
  (graph: Graph): Graph =>
    new NoiseMeter(graph, quantization).result;

class NoiseMeter extends QuantizedForms {
  constructor(source: Graph, quantization: Pick<Quantization, 'activations'>) {
    super(source, quantization);
    this.result.nodes.push(...source.nodes);
    this.result.outputs.push(...source.outputs);
    for (const node of source.nodes) if (this.source.layerOf(node)) this.#measure(node);
  }

  #measure(node: Node): void {
    const value = this.source.activationOf(node);
    const name = this.source.names.get(node.outputs[0])!;
    const shape = this.source.graph.values.get(value)!.shape as readonly number[];
    const { attributes, inputs, op } = this.layer(node);
    const rough = this.result.emit(op, inputs, { shape }, attributes).name;
    const difference = this.result.emit('Sub', [value, this.roundTrip(rough, this.scale(value), shape).floats], {
      shape,
    });
    const energy = (output: string, of: string) => {
      const { name: sum } = this.result.emit('ReduceSumSquare', [of], { shape: [] }, { keepdims: 0 });
      this.result.outputs.push({ name: output, value: sum, dtype: 'float32', shape: [] });
    };
    energy(noiseOutputs.signal(name), value);
    energy(noiseOutputs.noise(name), difference.name);
  }
}

import { differentiate } from '../differentiate.ts';
import type { PartsSpec } from '../engine.ts';
import { applyPasses, trainingPasses } from '../graph-passes/graph-pass.ts';
import type { Tensors } from '../tensors.ts';
import { tensorOf, valueFor } from './backend.ts';
import { type Graph, identityOrder } from './graph.ts';
import { type RoiAlignGradientStep, takeHostSteps } from './host-steps.ts';
import { partPorts } from './part-ports.ts';
import { type PassGraphs, splitPasses } from './split-passes.ts';
import { inputTensors, keptOrder, seen, traceSizes } from './trace.ts';

/** The graphs of a part in training, and what the host computes after them. */
export interface TracedPart extends PassGraphs {
  readonly steps: readonly RoiAlignGradientStep[];
}

/**
 * Traces both passes of a part in training. Weights are inputs; convolution filters and their gradients are OIHW.
 *
 * @param block channels in a block of the blocked layout, if the graphs use it
 */
export function tracePart(
  { name, parts, trainable, weights }: PartsSpec,
  partName: string,
  block?: number,
): TracedPart {
  const part = parts[partName];
  const { inputs, kept = [], loss } = part;
  const label = `${name}, ${partName}`;
  const record = (graph: Graph, sizes: ReadonlyMap<string, number>) => {
    const orderOf = (isKept: boolean | undefined, rank: number) => (isKept ? keptOrder : identityOrder)(rank);
    const outputOrder = (output: string, rank: number) => orderOf(kept.includes(output), rank);
    const parameters: Record<string, Tensors[string]> = {};
    for (const [weight, tensor] of Object.entries(weights)) {
      const { order, shape } = seen(tensor);
      parameters[weight] = tensorOf(graph.input(partPorts.weight(weight), shape, shape, 'float32', order));
    }
    const placeholders = (outputs: Tensors): Tensors => {
      const entries = Object.entries(outputs).map(([output, { rank, shape }]) => {
        const port = partPorts.cotangent(output);
        return [output, tensorOf(graph.input(port, shape, shape, 'float32', outputOrder(output, rank)))] as const;
      });
      return Object.fromEntries(entries);
    };
    const partInputs = inputTensors(graph, inputs, sizes, partPorts.input);
    const passes = differentiate(part, trainable, parameters, partInputs, placeholders);
    for (const [output, tensor] of Object.entries(passes.outputs)) {
      graph.output(partPorts.output(output), valueFor(tensor), outputOrder(output, tensor.rank));
    }
    for (const [weight, tensor] of Object.entries(passes.updates)) {
      graph.output(partPorts.update(weight), valueFor(tensor));
    }
    for (const [weight, tensor] of Object.entries(passes.weightGradients)) {
      graph.output(partPorts.weightGradient(weight), valueFor(tensor), seen(weights[weight]).order);
    }
    for (const [input, tensor] of Object.entries(passes.inputGradients)) {
      graph.output(partPorts.inputGradient(input), valueFor(tensor), orderOf(inputs[input].kept, tensor.rank));
    }
  };
  const whole = applyPasses(traceSizes({ name: label, inputs }, record, block), trainingPasses(block));
  if (!whole.outputs.some(({ name }) => /^(weight|input)_gradient\//.test(name))) {
    throw new Error(`${label}: no output depends on a trained weight or on an input of inputGradients`);
  }
  if (loss !== undefined) {
    const { graph, steps } = takeHostSteps(label, whole);
    return { forward: graph, steps };
  }
  const { backward, forward } = splitPasses(whole);
  if (!backward) return { forward, steps: [] };
  const { graph, steps } = takeHostSteps(label, backward);
  return { forward, backward: graph, steps };
}

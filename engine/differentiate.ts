import './gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { PartSpec } from './engine.ts';
import type { Tensors } from './tensors.ts';

/** The results of both passes of a part, as tensors of the current backend. */
export interface Differentiated {
  readonly outputs: Tensors;
  readonly updates: Tensors;
  /** For the trained weights that the part uses. */
  readonly weightGradients: Tensors;
  readonly inputGradients: Tensors;
}

/**
 * The vector–Jacobian product of a part, by tfjs's own differentiation. A backend that computes gives numbers; the
 * tracer's backend gives the graph that computes them.
 *
 * @param trainable names of parameters
 * @param cotangentsOf called with the outputs, unless one of them is the loss
 */
export function differentiate(
  { inputGradients = [], loss, model }: PartSpec,
  trainable: readonly string[],
  parameters: Tensors,
  inputs: Tensors,
  cotangentsOf: (outputs: Tensors) => Tensors,
): Differentiated {
  let [outputs, updates]: Tensors[] = [{}, {}];
  const forward = () => {
    const result = model(parameters, inputs);
    // The results must outlive the differentiation.
    const results = result.outputs as Tensors;
    [outputs, updates] = [results, (result.updates ?? {}) as Tensors].map(keepAll);
    return pullBack(results, loss === undefined ? cotangentsOf(outputs) : { [loss]: tf.scalar(1) });
  };
  const sources = [...trainable.map((name) => parameters[name]), ...inputGradients.map((name) => inputs[name])];
  // A part need not use every weight; weights without a gradient are left out.
  const { grads } = tf.engine().gradients(forward, sources, undefined, true);
  const gradients = grads as (tf.Tensor | undefined)[];
  const ofWeights = trainable.flatMap((name, i) => (gradients[i] ? [[name, gradients[i]] as const] : []));
  const ofInputs = inputGradients.map(
    (name, i) => [name, gradients[trainable.length + i] ?? tf.zerosLike(inputs[name])] as const,
  );
  return {
    outputs,
    updates,
    weightGradients: Object.fromEntries(ofWeights),
    inputGradients: Object.fromEntries(ofInputs),
  };
}

const keepAll = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]));

/** A dummy scalar whose gradient with respect to each output is that output's cotangent. */
function pullBack(outputs: Tensors, cotangents: Tensors): tf.Tensor {
  const names = Object.keys(cotangents);
  for (const name of names) {
    if (`${outputs[name]?.shape}` === `${cotangents[name].shape}`) continue;
    throw new Error(
      `output '${name}' has the shape [${outputs[name]?.shape}], its cotangent [${cotangents[name].shape}]`,
    );
  }
  const pull = tf.customGrad((...operands) => {
    const save = operands[operands.length - 1] as unknown as tf.GradSaveFunc;
    save(names.map((name) => cotangents[name]));
    return { value: tf.scalar(0), gradFunc: (_, saved) => saved.map((cotangent) => tf.clone(cotangent)) };
  });
  return pull(...names.map((name) => outputs[name]));
}

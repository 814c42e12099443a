import './gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { LossResult, LossSpec, Tensors } from './engine.ts';

/** A loss and what came with it, and its gradients, as tensors of the current backend. */
export interface Differentiated extends LossResult {
  readonly gradients: Tensors;
}

/**
 * The gradient of a loss by each trained parameter, by tfjs's own differentiation: on a backend that computes, numbers;
 * on the tracer's, the graph that computes them.
 */
export function differentiate({ loss, trainable }: LossSpec, parameters: Tensors, inputs: Tensors): Differentiated {
  let beside: Omit<LossResult, 'loss'> = {};
  const ofTrained = (...trained: tf.Tensor[]): tf.Scalar => {
    const own = Object.fromEntries(trainable.map((name, i) => [name, trained[i]]));
    const { loss: value, ...rest } = loss({ ...parameters, ...own }, inputs);
    // What is beside the loss must outlive the differentiation.
    for (const tensors of Object.values(rest)) for (const tensor of Object.values(tensors as Tensors)) tf.keep(tensor);
    beside = rest;
    return value;
  };
  const { grads, value } = tf.valueAndGrads(ofTrained)(trainable.map((name) => parameters[name]));
  return {
    loss: value as tf.Scalar,
    ...beside,
    gradients: Object.fromEntries(trainable.map((name, i) => [name, grads[i]])),
  };
}

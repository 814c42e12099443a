// N images, H × W positions of a feature map, C channels.
import * as tf from '@tensorflow/tfjs-core';
import { type ParameterPlan, uniform } from '../../../backbone/index.ts';
import type { Parameters } from '../../../backbone/layers.ts';
import { halvingConv2d } from '../../../engine/ops/index.ts';
import { convolution, type Layer, parametersOfLayers } from '../layer.ts';

/** A 3×3 convolution of stride 2 with a bias, of a map of any size. */
function halving(name: string, from: number, to: number): Layer<tf.Tensor4D, tf.Tensor4D> {
  // Kaiming's uniform with a = 1.
  const { parameters } = convolution(name, { from, to, kernel: 3, init: uniform(Math.sqrt(3 / (from * 9))) });
  return {
    parameters,
    forward: (tensors, x) => tf.add(halvingConv2d(x, tensors.filter(`${name}.weight`)), tensors.vector(`${name}.bias`)),
  };
}

/**
 * Two more, coarser levels of a pyramid (Lin et al. 2017, RetinaNet, section 4; torchvision's `LastLevelP6P7`).
 *
 * @param hasRelu whether a ReLU comes between the two, which MMDetection leaves out
 */
export function lastLevelP6P7(
  name: string,
  { from, hasRelu, to }: { readonly from: number; readonly to: number; readonly hasRelu: boolean },
): {
  readonly parameters: readonly ParameterPlan[];
  /** @param x C5 or P5 */
  readonly forward: (tensors: Parameters, x: tf.Tensor4D) => [p6: tf.Tensor4D, p7: tf.Tensor4D];
} {
  const [first, second] = [halving(`${name}.p6`, from, to), halving(`${name}.p7`, to, to)];
  return {
    parameters: parametersOfLayers(first, second),
    forward: (tensors, x) => {
      const p6 = first.forward(tensors, x);
      return [p6, second.forward(tensors, hasRelu ? tf.relu(p6) : p6)];
    },
  };
}

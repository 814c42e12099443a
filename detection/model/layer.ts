// N images, H × W positions of a feature map, C channels.
import * as tf from '@tensorflow/tfjs-core';
import {
  biasPlan,
  filterPlan,
  type Init,
  linearPlan,
  normPlan,
  type ParameterPlan,
  uniform,
} from '../../backbone/index.ts';
import { fixedNorm, type Norm, type Parameters } from '../../backbone/layers.ts';
import { conv2d } from '../../engine/ops/index.ts';

/** A layer of a head: the tensors that it has in a checkpoint, and what it computes with them. */
export interface Layer<In, Out> {
  readonly parameters: readonly ParameterPlan[];
  /** @param tensors of the whole network @param norm for norms after convolutions, fixed by default */
  readonly forward: (tensors: Parameters, x: In, norm?: Norm) => Out;
}

export interface ConvolutionOptions {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  /** How the filter begins, where not as He et al. have it. */
  readonly init?: Init;
  /** Whether its channels out are classes'. */
  readonly ofClasses?: boolean;
}

/** A convolution with a bias. */
export function convolution(
  name: string,
  { from, init, kernel, ofClasses, to }: ConvolutionOptions,
): Layer<tf.Tensor4D, tf.Tensor4D> {
  return {
    parameters: [filterPlan(name, from, to, kernel, { redrawn: init, ofClasses }), biasPlan(name, to, { ofClasses })],
    forward: (tensors, x) => tf.add(conv2d(x, tensors.filter(`${name}.weight`)), tensors.vector(`${name}.bias`)),
  };
}

/** A convolution with a bias, or with a batch norm in its place: torchvision's `Conv2dNormActivation`. */
export function convBlock(
  name: string,
  hasNorm: boolean,
  options: ConvolutionOptions,
): Layer<tf.Tensor4D, tf.Tensor4D> {
  if (!hasNorm) return convolution(`${name}.0`, options);
  const { from, init, kernel, to } = options;
  return {
    parameters: [filterPlan(`${name}.0`, from, to, kernel, { redrawn: init }), ...normPlan(`${name}.1`, to)],
    forward: (tensors, x, norm = fixedNorm()) =>
      norm(tensors, `${name}.1`, conv2d(x, tensors.filter(`${name}.0.weight`))),
  };
}

/**
 * A transposed convolution of stride 2 with a bias, which doubles rows and columns: torch's `ConvTranspose2d` with
 * padding of `(k − 2) / 2`, for even kernels. Its filter begins as that of a convolution back.
 */
export function transposedConvolution(
  name: string,
  { from, kernel, to }: ConvolutionOptions,
): Layer<tf.Tensor4D, tf.Tensor4D> {
  return {
    // torch keeps channels in before channels out.
    parameters: [filterPlan(name, to, from, kernel), biasPlan(name, to)],
    forward: (tensors, x) => {
      const [images, height, width] = x.shape;
      const doubled: [number, number, number, number] = [images, 2 * height, 2 * width, to];
      const y: tf.Tensor4D = tf.conv2dTranspose(x, tensors.filter(`${name}.weight`), doubled, 2, 'same');
      return tf.add(y, tensors.vector(`${name}.bias`));
    },
  };
}

/** torch's linear layer, whose bias is random, too. @param ofClasses whether its rows are classes' */
export function linear(name: string, from: number, to: number, ofClasses?: true): Layer<tf.Tensor2D, tf.Tensor2D> {
  return {
    parameters: linearPlan(name, from, to, { bias: uniform(1 / Math.sqrt(from)), ofClasses }),
    forward: (tensors, x) => {
      const product: tf.Tensor2D = tf.matMul(x, tensors.matrix(`${name}.weight`), false, true);
      return tf.add(product, tensors.vector(`${name}.bias`));
    },
  };
}

/** The tensors of several layers, in order. */
export const parametersOfLayers = (
  ...layers: readonly { readonly parameters: readonly ParameterPlan[] }[]
): ParameterPlan[] => layers.flatMap(({ parameters }) => parameters);

import * as tf from '@tensorflow/tfjs-core';

/** The kernel names of batch norm in training and of its gradient. */
export const BATCH_NORM_TRAINING = 'BatchNormTraining';
export const BATCH_NORM_TRAINING_GRAD = 'BatchNormTrainingGrad';

/**
 * Batch norm with the batch's own statistics (Ioffe and Szegedy 2015, algorithm 1): y = γ (x − μ) / √(σ² + ε) + β.
 *
 * @param x `[N, H, W, C]` @param gamma `[C]` @param beta `[C]`
 * @returns y; μ, σ² and the unbiased variance, each `[C]`; only y has a gradient
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
): {
  readonly y: tf.Tensor4D;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  readonly unbiased: tf.Tensor1D;
} {
  const results: tf.Tensor[] = tf.engine().runKernel(BATCH_NORM_TRAINING, { x, gamma, beta }, { epsilon });
  const [y, mean, variance, unbiased] = results as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return { y, mean, variance, unbiased };
}

tf.registerGradient({
  kernelName: BATCH_NORM_TRAINING,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true, false],
  gradFunc: (dys, [x, gamma, mean, variance], { epsilon }) => {
    const dy = (dys as tf.Tensor[])[0];
    const inputs = { dy, x, gamma, mean, variance };
    // Computed now and not in the gradient functions: tfjs tidies up after each of those.
    const gradients = tf.engine().runKernel(BATCH_NORM_TRAINING_GRAD, inputs, { epsilon }) as unknown as tf.Tensor[];
    return { x: () => gradients[0], gamma: () => gradients[1], beta: () => gradients[2] };
  },
});

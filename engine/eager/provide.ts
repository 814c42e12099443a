import * as tf from '@tensorflow/tfjs-core';

type Inputs = Readonly<Record<string, tf.Tensor>>;
type Attributes = Readonly<Record<string, unknown>>;

/** Registers a kernel, composed of others, unless the backend has it. */
export function provide(
  backendName: string,
  kernelName: string,
  kernel: (inputs: Inputs, attributes: Attributes) => tf.Tensor | tf.Tensor[],
): void {
  if (tf.getKernel(kernelName, backendName)) return;
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => kernel(inputs as unknown as Inputs, attrs as unknown as Attributes)),
  });
}

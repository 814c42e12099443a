import * as tf from '@tensorflow/tfjs-core';
import { ROI_ALIGN, ROI_ALIGN_GRAD, type RoiAlignAttributes } from '../ops/roi-align.ts';
import { type FeatureShape, roiAlign, roiAlignGradient } from '../ops/roi-align-host.ts';

/** Registers ROIAlign and its gradient, which tfjs lacks. Both are computed on the host. */
export function registerRoiAlign(backendName: string): void {
  if (tf.getKernel(ROI_ALIGN, backendName)) return;
  const read = (tensor: tf.TensorInfo) => tf.engine().readSync(tensor.dataId) as Float32Array;
  const optionsOf = (attributes: RoiAlignAttributes) => {
    const { outputSize: size } = attributes;
    return { ...attributes, outputSize: [size, size] as const };
  };
  tf.registerKernel({
    kernelName: ROI_ALIGN,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const options = optionsOf(attrs as unknown as RoiAlignAttributes);
      const { features, regions } = inputs as unknown as Record<string, tf.TensorInfo>;
      const pooled = roiAlign(read(features), features.shape as unknown as FeatureShape, read(regions), options);
      return tf.tensor(pooled, [regions.shape[0], ...options.outputSize, features.shape[3]], 'float32');
    },
  });
  tf.registerKernel({
    kernelName: ROI_ALIGN_GRAD,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const options = optionsOf(attrs as unknown as RoiAlignAttributes);
      const { dy, features, regions } = inputs as unknown as Record<string, tf.TensorInfo>;
      const shape = features.shape as [number, number, number, number];
      return tf.tensor(roiAlignGradient(read(dy), shape, read(regions), options), shape, 'float32');
    },
  });
}

import * as tf from '@tensorflow/tfjs-core';
import { ROI_ALIGN, type RoiAlignAttributes } from '../ops/roi-align.ts';
import { type FeatureShape, roiAlign } from '../ops/roi-align-host.ts';

/** Gives a tfjs backend the ROIAlign kernel, which tfjs lacks, computed in this process's memory. */
export function registerRoiAlign(backendName: string): void {
  if (tf.getKernel(ROI_ALIGN, backendName)) return;
  tf.registerKernel({
    kernelName: ROI_ALIGN,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const attributes = attrs as unknown as RoiAlignAttributes;
      const { features, regions } = inputs as unknown as Record<string, tf.TensorInfo>;
      const read = (tensor: tf.TensorInfo) => tf.engine().readSync(tensor.dataId) as Float32Array;
      const size = attributes.outputSize;
      const options = { ...attributes, outputSize: [size, size] as const };
      const pooled = roiAlign(read(features), features.shape as unknown as FeatureShape, read(regions), options);
      return tf.tensor(pooled, [regions.shape[0], size, size, features.shape[3]], 'float32');
    },
  });
}

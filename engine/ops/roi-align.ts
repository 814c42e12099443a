import * as tf from '@tensorflow/tfjs-core';

/** The kernel names of ROIAlign and of its gradient by the features. */
export const ROI_ALIGN = 'RoiAlign';
export const ROI_ALIGN_GRAD = 'RoiAlignGrad';

export interface RoiAlignAttributes {
  /** Rows and columns of the result. */
  readonly outputSize: number;
  /** Size of the feature map relative to the image, such as 1/4. */
  readonly spatialScale: number;
  /** Samples per bin along each axis; 0 takes one per pixel of the bin, rounded up. */
  readonly samplingRatio: number;
  /** Whether coordinates are shifted by half a pixel (Detectron2's ROIAlignV2); torchvision's detectors: false. */
  readonly aligned: boolean;
}

/**
 * ROIAlign (He et al. 2017, Mask R-CNN §3; torchvision `ops/roi_align.py`): samples each region of a feature map
 * bilinearly on a grid and averages the samples to a map of fixed size.
 *
 * @param features `[N, H, W, C]`
 * @param regions `[R, 5]`, rows of image number, x1, y1, x2, y2 in pixels of the image
 * @returns `[R, outputSize, outputSize, C]`; only the features have a gradient
 */
export function roiAlign(features: tf.Tensor4D, regions: tf.Tensor2D, attributes: RoiAlignAttributes): tf.Tensor4D {
  return tf.engine().runKernel(ROI_ALIGN, { features, regions }, { ...attributes });
}

type Attributes = Parameters<ReturnType<typeof tf.engine>['runKernel']>[2];

tf.registerGradient({
  kernelName: ROI_ALIGN,
  inputsToSave: ['features', 'regions'],
  gradFunc: (dy, [features, regions], attributes) => ({
    features: () =>
      tf.engine().runKernel(ROI_ALIGN_GRAD, { dy: dy as tf.Tensor, features, regions }, attributes as Attributes),
  }),
});

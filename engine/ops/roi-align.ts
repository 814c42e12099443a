import * as tf from '@tensorflow/tfjs-core';

/** The names under which engines register their kernels of ROIAlign, and of its gradient by the features. */
export const ROI_ALIGN = 'RoiAlign';
export const ROI_ALIGN_GRAD = 'RoiAlignGrad';

export interface RoiAlignAttributes {
  /** Rows and columns of the result. */
  readonly outputSize: number;
  /** Pixels of the feature map a pixel of the image, such as 1/4. */
  readonly spatialScale: number;
  /** Samples a bin on each axis; 0 takes as many as a bin has pixels. */
  readonly samplingRatio: number;
  /** Whether coordinates are shifted by half a pixel (Detectron2's ROIAlignV2); torchvision's detectors: false. */
  readonly aligned: boolean;
}

/**
 * ROIAlign (He et al. 2017, Mask R-CNN §3; torchvision `ops/roi_align.py`): each region of a feature map, sampled
 * bilinearly on a grid and averaged to a map of fixed size.
 *
 * @param features `[N, H, W, C]`
 * @param regions `[R, 5]`, rows of image number, x1, y1, x2, y2 in pixels of the image
 * @returns `[R, outputSize, outputSize, C]`; it has a gradient by the features alone
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

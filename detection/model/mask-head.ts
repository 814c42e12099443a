// R regions, P × P positions of a pooled region, M × M of a mask (twice P), C channels, K classes with the background.
import * as tf from '@tensorflow/tfjs-core';
import { convBlock, convolution, type Layer, parametersOfLayers, transposedConvolution } from './layer.ts';

export interface MaskHeadOptions {
  readonly channels: number;
  /** Channels of the 3×3 convolutions. */
  readonly convLayers: readonly number[];
  /** Batch norm after them: version 2 of torchvision's Mask R-CNN. */
  readonly norm: boolean;
  /** Channels after the region's size is doubled. */
  readonly width: number;
  readonly numClasses: number;
}

/**
 * Segments what is in each region, a mask for every class (He et al. 2017, Mask R-CNN, figure 4; torchvision
 * `mask_rcnn.py: MaskRCNNHeads, MaskRCNNPredictor`): from what is pooled, `[R, P, P, C]`, to logits `[R, M, M, K]`.
 */
export function maskHead(
  name: string,
  { channels, convLayers, norm: hasNorm, numClasses, width }: MaskHeadOptions,
): Layer<tf.Tensor4D, tf.Tensor4D> {
  const convs = convLayers.map((to, i) =>
    convBlock(`${name}.mask_head.${i}`, hasNorm, { from: convLayers[i - 1] ?? channels, to, kernel: 3 }),
  );
  const from = convLayers[convLayers.length - 1] ?? channels;
  const doubled = transposedConvolution(`${name}.mask_predictor.conv5_mask`, { from, to: width, kernel: 2 });
  const logits = convolution(`${name}.mask_predictor.mask_fcn_logits`, {
    from: width,
    to: numClasses,
    kernel: 1,
    ofClasses: true,
  });
  return {
    parameters: parametersOfLayers(...convs, doubled, logits),
    forward: (tensors, regions, norm) => {
      const maps = convs.reduce((map, conv) => tf.relu(conv.forward(tensors, map, norm)), regions);
      return logits.forward(tensors, tf.relu(doubled.forward(tensors, maps)));
    },
  };
}

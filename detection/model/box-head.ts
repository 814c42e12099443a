// R proposals, P × P positions of a pooled region, C channels, K classes with the background.
import * as tf from '@tensorflow/tfjs-core';
import { convBlock, type Layer, linear, parametersOfLayers } from './layer.ts';

/** What the box head says of each proposal: class logits `[R, K]` and deltas for every class `[R, 4K]`. */
export interface BoxOutput {
  readonly logits: tf.Tensor2D;
  readonly deltas: tf.Tensor2D;
}

export interface BoxHeadOptions {
  readonly channels: number;
  /** P. */
  readonly pooled: number;
  /** Channels of the 3×3 convolutions before the linear layers. */
  readonly convLayers: readonly number[];
  /** Of the linear layers. */
  readonly width: number;
  readonly numClasses: number;
}

/**
 * Classifies proposals and refines their boxes (Girshick 2015; torchvision `faster_rcnn.py: TwoMLPHead`, or
 * `FastRCNNConvFCHead` where there are convolutions, then `FastRCNNPredictor`), from what is pooled of each,
 * `[R, P, P, C]`.
 */
export function boxHead(
  name: string,
  { channels, convLayers, numClasses, pooled, width }: BoxHeadOptions,
): Layer<tf.Tensor4D, BoxOutput> {
  const convs = convLayers.map((to, i) =>
    convBlock(`${name}.box_head.${i}`, true, { from: convLayers[i - 1] ?? channels, to, kernel: 3 }),
  );
  const flattened = (convLayers[convLayers.length - 1] ?? channels) * pooled ** 2;
  // In torchvision's sequence the flattening takes a number too.
  const names = convs.length ? [`${convs.length + 1}`] : ['fc6', 'fc7'];
  const hidden = names.map((layer, i) => linear(`${name}.box_head.${layer}`, i ? width : flattened, width));
  const predictor = boxPredictor(name, width, numClasses);
  return {
    parameters: parametersOfLayers(...convs, ...hidden, predictor),
    forward: (tensors, regions, norm) => {
      const maps = convs.reduce((map, conv) => tf.relu(conv.forward(tensors, map, norm)), regions);
      // torch flattens channel by channel.
      const [, rows, columns, depth] = maps.shape;
      const flat: tf.Tensor2D = tf.reshape(tf.transpose(maps, [0, 3, 1, 2]), [-1, rows * columns * depth]);
      const x = hidden.reduce((values, layer) => tf.relu(layer.forward(tensors, values)), flat);
      return predictor.forward(tensors, x);
    },
  };
}

/**
 * The same from the map of a backbone's last stage, averaged over its positions (He et al. 2015, Faster R-CNN on
 * ResNets), `[R, P, P, C]`.
 */
export function averagedBoxHead(name: string, channels: number, numClasses: number): Layer<tf.Tensor4D, BoxOutput> {
  const { forward, parameters } = boxPredictor(name, channels, numClasses);
  return { parameters, forward: (tensors, regions) => forward(tensors, tf.mean(regions, [1, 2])) };
}

function boxPredictor(name: string, from: number, numClasses: number): Layer<tf.Tensor2D, BoxOutput> {
  const logits = linear(`${name}.box_predictor.cls_score`, from, numClasses, true);
  const deltas = linear(`${name}.box_predictor.bbox_pred`, from, 4 * numClasses, true);
  return {
    parameters: parametersOfLayers(logits, deltas),
    forward: (tensors, x) => ({ logits: logits.forward(tensors, x), deltas: deltas.forward(tensors, x) }),
  };
}

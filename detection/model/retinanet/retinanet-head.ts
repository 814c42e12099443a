// N images, H × W positions, C channels, A anchors a position, K classes with the background.
import * as tf from '@tensorflow/tfjs-core';
import { constant, filterPlan, normal } from '../../../backbone/index.ts';
import { conv2d } from '../../../engine/ops/index.ts';
import { convBlock, convolution, type Layer, parametersOfLayers } from '../layer.ts';
import { groupNorm } from './group-norm.ts';

export interface RetinaNetHeadOptions {
  /** C of a map, in and within. */
  readonly channels: number;
  readonly anchorsPerPosition: number;
  readonly numClasses: number;
  /** Group norms in the place of biases. */
  readonly norm: boolean;
}

const DEVIATION = 0.01;
/** How probable an object of a class is at an anchor at the start of training (Lin et al. 2017, section 3.3). */
const PRIOR_PROBABILITY = 0.01;
/** Of the convolutions before the one that predicts. */
const DEPTH = 4;

/** A convolution and a group norm. */
function normBlock(name: string, channels: number): Layer<tf.Tensor4D, tf.Tensor4D> {
  const filter = filterPlan(`${name}.0`, channels, channels, 3, { redrawn: normal(DEVIATION) });
  const norm = groupNorm(`${name}.1`, channels);
  return {
    parameters: [filter, ...norm.parameters],
    forward: (tensors, x) => norm.forward(tensors, conv2d(x, tensors.filter(filter.name))),
  };
}

/** Four convolutions and one that predicts, the same for every level of the pyramid, `[N, H, W, C]`. */
function tower(
  name: string,
  { channels, norm }: RetinaNetHeadOptions,
  predictor: Layer<tf.Tensor4D, tf.Tensor4D>,
): Layer<tf.Tensor4D, tf.Tensor4D> {
  const options = { from: channels, to: channels, kernel: 3, init: normal(DEVIATION) };
  const blocks = Array.from({ length: DEPTH }, (_, i) =>
    norm ? normBlock(`${name}.conv.${i}`, channels) : convBlock(`${name}.conv.${i}`, false, options),
  );
  return {
    parameters: parametersOfLayers(...blocks, predictor),
    forward: (tensors, map) => {
      const x = blocks.reduce((y, block) => tf.relu(block.forward(tensors, y)), map);
      return predictor.forward(tensors, x);
    },
  };
}

/**
 * Class logits at every position, `[N, H, W, A · K]`, anchor by anchor (Lin et al. 2017, RetinaNet, section 4;
 * torchvision `retinanet.py: RetinaNetClassificationHead`).
 */
export function classificationHead(name: string, options: RetinaNetHeadOptions): Layer<tf.Tensor4D, tf.Tensor4D> {
  const { anchorsPerPosition, channels, numClasses } = options;
  const { forward, parameters } = convolution(`${name}.cls_logits`, {
    ...{ from: channels, to: anchorsPerPosition * numClasses, kernel: 3, init: normal(DEVIATION) },
  });
  const prior = constant(-Math.log((1 - PRIOR_PROBABILITY) / PRIOR_PROBABILITY));
  const [filter, bias] = parameters;
  return tower(name, options, {
    forward,
    parameters: [
      { ...filter, ofClasses: true },
      { ...bias, ofClasses: true, redrawn: prior },
    ],
  });
}

/** Box deltas at every position, `[N, H, W, 4A]`, anchor by anchor (torchvision's `RetinaNetRegressionHead`). */
export const regressionHead = (name: string, options: RetinaNetHeadOptions): Layer<tf.Tensor4D, tf.Tensor4D> =>
  tower(
    name,
    options,
    convolution(`${name}.bbox_reg`, {
      ...{ from: options.channels, to: 4 * options.anchorsPerPosition, kernel: 3, init: normal(DEVIATION) },
    }),
  );

/**
 * From class logits and box deltas at every anchor to detections, on the host. Equal to
 * `torchvision/models/detection/retinanet.py: postprocess_detections` followed by `transform.py: postprocess`.
 *
 * Shapes: N images, L levels with a grid of H×W cells, A anchors per cell, K classes, D detections.
 */
import type { AnchorGenerator } from './anchors.ts';
import { type BoxChoice, suppressionGroups } from './box-choice.ts';
import { BoxCoder, type RatioClip, RPN_BOX_WEIGHTS } from './box-coder.ts';
import { clipBoxes, type ImageSize, largeRows, resizeBoxes } from './boxes.ts';
import { batchedNms } from './nms.ts';
import { type BoxDetections, detectionsAt, type ImageDetections } from './postprocess.ts';
import { sigmoid } from './sigmoid.ts';
import { topK } from './top-k.ts';

const { fround } = Math;

/** What a head says of all anchors of one level, channels last. */
export interface DenseLevel extends ImageSize {
  /** [N, H, W, A, K] */
  readonly logits: Float32Array;
  /** [N, H, W, A, 4] */
  readonly deltas: Float32Array;
}

/** What a network says of one image of a batch. */
export interface DenseOutputs {
  readonly levels: readonly DenseLevel[];
  readonly anchors: AnchorGenerator;
  /** The size of the padded batch. */
  readonly padded: ImageSize;
  /** Which image of the batch. */
  readonly image: number;
}

/** When boxes are clipped to the image: before suppression, as in torchvision, or after it, as in Detectron2. */
export type BoxClipping = 'before_nms' | 'after_nms';

export interface DenseOptions {
  /** Only scores above this are kept. */
  readonly scoreThresh: number;
  readonly numClasses: number;
  /** Boxes of each level that go into suppression. */
  readonly topkCandidates: number;
  readonly nmsThresh: number;
  readonly detectionsPerImage: number;
  /** When boxes are clipped to the image; before suppression by default. */
  readonly clipBoxes?: BoxClipping | undefined;
  /** The least side of a box, in pixels of the resized image; with 0 it needs an area. By default any box stays. */
  readonly minSize?: number | undefined;
  /** Whether log ratios are held from below, too. */
  readonly whRatioClip?: RatioClip | undefined;
  readonly groupOf?: BoxChoice['groupOf'];
}

/** A logit that is so much below the threshold's own has a lower score, whatever rounding does. */
const MARGIN = 0.01;
/** Above this probability logits grow too fast for the margin. */
const STEEP = 0.999;

/** Places of the logits whose score is above the threshold, in order, and their scores. */
function candidates(logits: Float32Array, scoreThresh: number): { places: Int32Array; scores: Float32Array } {
  const threshold = fround(scoreThresh);
  const bound = Math.log(Math.min(threshold, STEEP) / (1 - Math.min(threshold, STEEP))) - MARGIN;
  // Most logits are far below the threshold: an exponential is spared for them.
  const isAbove = (logit: number) => logit >= bound && sigmoid(logit) > threshold;
  let count = 0;
  for (let place = 0; place < logits.length; place++) if (isAbove(logits[place])) count++;
  const places = new Int32Array(count);
  const scores = new Float32Array(count);
  for (let place = 0, i = 0; i < count; place++) {
    if (!isAbove(logits[place])) continue;
    places[i] = place;
    scores[i++] = sigmoid(logits[place]);
  }
  return { places, scores };
}

/**
 * The objects in one image, highest score first.
 *
 * @param resized the image's size as the network saw it, without padding @param original its size on disk
 */
export function chooseDetections(
  { anchors, image, levels, padded }: DenseOutputs,
  resized: ImageSize,
  original: ImageSize,
  options: DenseOptions,
): ImageDetections {
  const { detectionsPerImage, minSize, nmsThresh, numClasses, scoreThresh, topkCandidates } = options;
  const clipsFirst = options.clipBoxes !== 'after_nms';
  const coder = new BoxCoder(RPN_BOX_WEIGHTS, options.whRatioClip);
  const chosen = levels.map((outputs, level) => {
    const count = outputs.height * outputs.width * anchors.anchorsPerLocation[level];
    const first = image * count;
    const logits = outputs.logits.subarray(first * numClasses, (first + count) * numClasses);
    const { places, scores } = candidates(logits, scoreThresh);
    const best = topK(scores, topkCandidates);
    const rows = best.map((i) => Math.floor(places[i] / numClasses));
    const references = anchors.anchorsAt(level, outputs, padded, rows);
    const boxes = new Float32Array(rows.length * 4);
    rows.forEach((row, i) => {
      coder.decodeRow(outputs.deltas, first + row, references, i, boxes, i);
    });
    return {
      boxes: clipsFirst ? clipBoxes(boxes, resized) : boxes,
      scores: Float32Array.from(best, (i) => scores[i]),
      labels: best.map((i) => places[i] % numClasses),
    };
  });
  const all = {
    boxes: Float32Array.from(chosen.flatMap((level) => [...level.boxes])),
    scores: Float32Array.from(chosen.flatMap((level) => [...level.scores])),
    labels: Int32Array.from(chosen.flatMap((level) => [...level.labels])),
  };
  const large = (found: BoxDetections) =>
    minSize === undefined ? found : detectionsAt(found, largeRows(found.boxes, minSize));
  const usable = clipsFirst ? large(all) : all;
  const { boxes, scores } = usable;
  const groups = suppressionGroups(usable, options.groupOf);
  const kept = detectionsAt(usable, batchedNms(boxes, scores, groups, nmsThresh, detectionsPerImage));
  if (clipsFirst) return { ...kept, boxes: resizeBoxes(kept.boxes, resized, original) };
  const clipped = large({ ...kept, boxes: clipBoxes(kept.boxes, resized) });
  return { ...clipped, boxes: resizeBoxes(clipped.boxes, resized, original) };
}

/**
 * From the box head's outputs to detections, on the host. Equal to
 * `torchvision/models/detection/roi_heads.py: postprocess_detections`.
 *
 * Shapes: R proposals of one image, K classes with background as class 0, D detections.
 */

import type { Rle } from '../../datasets/masks/rle.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type BoxChoice, suppressionGroups } from './box-choice.ts';
import { BoxCoder, type RatioClip, ROI_BOX_WEIGHTS } from './box-coder.ts';
import { type Boxes, clipBoxes, gatherBoxes, type ImageSize, rowsOfMinSize, rowsWithArea } from './boxes.ts';
import type { Joint } from './heatmaps-to-keypoints.ts';
import { batchedNms } from './nms.ts';

const { fround } = Math;

/** The least side of a detection, in pixels of the resized image: torchvision's default. */
export const MIN_DETECTION_SIDE = 1e-2;

/** What the box head says of the proposals of one image. */
export interface BoxHeadOutputs {
  /** [R, 4], in pixels of the resized image */
  readonly proposals: Boxes;
  /** [R, K] */
  readonly classLogits: Float32Array;
  /** [R, K, 4]: a box for each class, the background's unused */
  readonly boxDeltas: Float32Array;
}

export interface PostprocessOptions {
  /** Only scores above this are kept. */
  readonly scoreThresh: number;
  readonly nmsThresh: number;
  readonly detectionsPerImage: number;
  /** Boxes with a smaller side, in pixels of the resized image, are dropped; .01 by default. With 0, those without area, last. */
  readonly minSize?: number | undefined;
  /** Whether log ratios are held from below, too. */
  readonly whRatioClip?: RatioClip | undefined;
  readonly groupOf?: BoxChoice['groupOf'];
}

/** The boxes found in one image, highest score first. */
export interface BoxDetections {
  /** [D, 4] */
  readonly boxes: Boxes;
  /** [D], classes 1 ≤ label < K */
  readonly labels: Int32Array;
  /** [D], probabilities */
  readonly scores: Float32Array;
}

/** The objects found in one image, highest score first, in pixels of the original image. */
export interface ImageDetections extends BoxDetections {
  /** D masks of the whole image, of a model that segments */
  readonly masks?: readonly Rle[] | undefined;
  /** D times the joints, of a model that finds them */
  readonly keypoints?: readonly (readonly Joint[])[] | undefined;
}

/** softmax of one row of logits into `out`, in single precision; a NaN or +∞ logit makes the whole row NaN. */
function softmaxRow(logits: Float32Array, start: number, out: Float32Array): void {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < out.length; k++) greatest = Math.max(greatest, logits[start + k]);
  let sum = 0;
  for (let k = 0; k < out.length; k++) {
    out[k] = Math.exp(fround(logits[start + k] - greatest));
    sum += out[k];
  }
  for (let k = 0; k < out.length; k++) out[k] /= fround(sum);
}

/** Rows of the boxes without NaN. */
const finiteRows = (boxes: Boxes): Int32Array =>
  Int32Array.from({ length: boxes.length >> 2 }, (_, row) => row).filter(
    (row) => !boxes.subarray(4 * row, 4 * row + 4).some(Number.isNaN),
  );

/**
 * Boxes in pixels of the image as the network saw it.
 *
 * @param resized its size, without padding
 *
 * A proposal with a NaN or +∞ logit yields nothing; a NaN delta drops its box.
 * @throws BAD_MODEL when the outputs do not fit together
 */
export function postprocessDetections(
  { proposals, classLogits, boxDeltas }: BoxHeadOutputs,
  resized: ImageSize,
  {
    scoreThresh,
    nmsThresh,
    detectionsPerImage,
    minSize = MIN_DETECTION_SIDE,
    whRatioClip,
    groupOf,
  }: PostprocessOptions,
): BoxDetections {
  const regions = proposals.length >> 2;
  const classes = regions === 0 ? 0 : classLogits.length / regions;
  if (
    !Number.isInteger(classes) ||
    classLogits.length !== regions * classes ||
    boxDeltas.length !== classLogits.length * 4
  ) {
    throw new ResnetCocoError(
      'BAD_MODEL',
      `the box head gave ${classLogits.length} logits and ${boxDeltas.length} deltas for ${regions} proposals: ` +
        'expected [R, K] and [R, K, 4]; check num_classes',
    );
  }

  const coder = new BoxCoder(ROI_BOX_WEIGHTS, whRatioClip);
  const leastScore = fround(scoreThresh);
  const probabilities = new Float32Array(classes);
  const candidateRows: number[] = [];
  const candidateScores: number[] = [];
  for (let region = 0; region < regions; region++) {
    softmaxRow(classLogits, region * classes, probabilities);
    for (let label = 1; label < classes; label++) {
      if (probabilities[label] > leastScore) {
        candidateRows.push(region * classes + label);
        candidateScores.push(probabilities[label]);
      }
    }
  }

  const boxes = new Float32Array(candidateRows.length * 4);
  for (const [i, row] of candidateRows.entries()) {
    coder.decodeRow(boxDeltas, row, proposals, Math.floor(row / classes), boxes, i);
  }
  clipBoxes(boxes, resized);
  const usable = minSize > 0 ? rowsOfMinSize(boxes, minSize) : finiteRows(boxes);
  const candidates = {
    boxes: gatherBoxes(boxes, usable),
    labels: Int32Array.from(usable, (i) => candidateRows[i] % classes),
    scores: Float32Array.from(usable, (i) => candidateScores[i]),
  };
  const groups = suppressionGroups(candidates, groupOf);
  const { boxes: usableBoxes, scores } = candidates;
  const found = detectionsAt(candidates, batchedNms(usableBoxes, scores, groups, nmsThresh, detectionsPerImage));
  return minSize > 0 ? found : detectionsAt(found, rowsWithArea(found.boxes));
}

/** The detections in given rows, in their order. */
export function detectionsAt({ boxes, labels, scores }: BoxDetections, rows: Int32Array): BoxDetections {
  return {
    boxes: gatherBoxes(boxes, rows),
    labels: Int32Array.from(rows, (row) => labels[row]),
    scores: Float32Array.from(rows, (row) => scores[row]),
  };
}

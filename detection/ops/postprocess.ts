/**
 * From the box head's outputs to detections, on the host. Equal to
 * `torchvision/models/detection/roi_heads.py: postprocess_detections` followed by `transform.py: postprocess`.
 *
 * Shapes: R proposals of one image, K classes with background as class 0, D detections.
 */
import { ResnetCocoError } from '../../errors.ts';
import { BoxCoder, ROI_BOX_WEIGHTS } from './box-coder.ts';
import { type Boxes, clipBoxes, gatherBoxes, type ImageSize, resizeBoxes, rowsOfMinSize } from './boxes.ts';
import { batchedNms } from './nms.ts';

const { fround } = Math;

/** Detections with a side below this many pixels (of the resized image) are dropped. */
const MIN_SIDE = 1e-2;

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
}

/** The objects found in one image, highest score first. */
export interface ImageDetections {
  /** [D, 4], in pixels of the original image */
  readonly boxes: Boxes;
  /** [D], classes 1 ≤ label < K */
  readonly labels: Int32Array;
  /** [D], probabilities */
  readonly scores: Float32Array;
}

const coder = new BoxCoder(ROI_BOX_WEIGHTS);

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

/**
 * @param resized The image's size as the network saw it, without padding @param original Its size on disk
 *
 * A proposal with a NaN or +∞ logit yields nothing; a NaN delta drops its box.
 * @throws BAD_MODEL when the outputs do not fit together
 */
export function postprocessDetections(
  { proposals, classLogits, boxDeltas }: BoxHeadOutputs,
  resized: ImageSize,
  original: ImageSize,
  { scoreThresh, nmsThresh, detectionsPerImage }: PostprocessOptions,
): ImageDetections {
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
  const usable = rowsOfMinSize(clipBoxes(boxes, resized), MIN_SIDE);
  const usableBoxes = gatherBoxes(boxes, usable);
  const usableScores = Float32Array.from(usable, (i) => candidateScores[i]);
  const usableLabels = Int32Array.from(usable, (i) => candidateRows[i] % classes);
  const kept = batchedNms(usableBoxes, usableScores, usableLabels, nmsThresh, detectionsPerImage);
  return {
    boxes: resizeBoxes(gatherBoxes(usableBoxes, kept), resized, original),
    labels: Int32Array.from(kept, (i) => usableLabels[i]),
    scores: Float32Array.from(kept, (i) => usableScores[i]),
  };
}

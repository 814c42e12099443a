/**
 * The proposals that the box head is trained on, and what it should say of them (Girshick 2015, section 2.3). Equal to
 * `torchvision/models/detection/roi_heads.py: select_training_samples`.
 *
 * Shapes: G objects, R proposals and S samples of one image.
 */
import { BoxCoder, ROI_BOX_WEIGHTS } from '../ops/box-coder.ts';
import { type Boxes, gatherBoxes } from '../ops/boxes.ts';
import { BETWEEN_THRESHOLDS, matchBoxes } from '../ops/matcher.ts';
import type { Sample } from '../ops/sampler.ts';
import type { TrainingObjects } from './training-objects.ts';
import type { DetectorTrainingSettings } from './training-settings.ts';

const coder = new BoxCoder(ROI_BOX_WEIGHTS);

/** The sampled proposals of one image, in the order in which they were proposed. */
export interface RoiTargets {
  /** [S, 4] */
  readonly boxes: Boxes;
  /** [S], 0 for background */
  readonly labels: Int32Array;
  /** [S, 4]: the codes that lead to the object; zeros for background. */
  readonly codes: Float32Array;
  /** [S]: the object that each belongs to; negative for background. */
  readonly objects: Int32Array;
}

/**
 * @param proposals [R, 4]; the objects themselves are proposed too, after them
 * @param draw chooses among labels of all: a class, 0 for background, −1 for neither
 */
export function roiTargets(
  proposals: Boxes,
  objects: TrainingObjects,
  { box_bg_iou_thresh, box_fg_iou_thresh }: DetectorTrainingSettings,
  draw: (labels: Int32Array) => Sample,
): RoiTargets {
  const proposed = new Float32Array(proposals.length + objects.boxes.length);
  proposed.set(proposals);
  proposed.set(objects.boxes, proposals.length);
  const matches = matchBoxes(objects.boxes, proposed, {
    highThreshold: box_fg_iou_thresh,
    lowThreshold: box_bg_iou_thresh,
    allowLowQualityMatches: false,
  });
  const labels = matches.map((match) => (match >= 0 ? objects.labels[match] : match === BETWEEN_THRESHOLDS ? -1 : 0));
  const { negative, positive } = draw(labels);
  const codes = coder.encode(
    gatherBoxes(
      objects.boxes,
      positive.map((row) => matches[row]),
    ),
    gatherBoxes(proposed, positive),
  );
  const rows = Int32Array.from([...positive, ...negative]).sort();
  const allCodes = new Float32Array(rows.length * 4);
  for (const [i, row] of positive.entries()) allCodes.set(codes.subarray(i * 4, i * 4 + 4), rows.indexOf(row) * 4);
  return {
    boxes: gatherBoxes(proposed, rows),
    labels: rows.map((row) => labels[row]),
    codes: allCodes,
    objects: rows.map((row) => (labels[row] > 0 ? matches[row] : -1)),
  };
}

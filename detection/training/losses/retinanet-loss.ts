/**
 * What RetinaNet is trained for. Equal to `torchvision/models/detection/retinanet.py: compute_loss` of both heads.
 *
 * The gradients are derived by hand, on the host, where anchors are matched.
 *
 * Shapes: N images, L levels of H × W positions with A anchors each, which are counted through all levels, K classes.
 */
import { BoxCoder, MAX_LOG_RATIO, RPN_BOX_WEIGHTS } from '../../ops/box-coder.ts';
import type { Boxes } from '../../ops/boxes.ts';
import type { DenseLevel } from '../../ops/dense-detections.ts';
import { BETWEEN_THRESHOLDS } from '../../ops/matcher.ts';
import type { TrainingObjects } from '../training-objects.ts';
import { type Focal, focalLoss } from './focal-loss.ts';
import { type Box, giouLoss } from './giou-loss.ts';

/** What the anchors of one image should say. */
export interface AnchorTargets {
  /** [anchors]: of each anchor its object, or what `matchBoxes` says besides. */
  readonly matches: Int32Array;
  readonly objects: TrainingObjects;
}

export interface RetinaNetLoss {
  /** Focal loss of all logits of the anchors that have an object or none, by the number of anchors with one. */
  readonly classification: number;
  /** Of the boxes of anchors with an object, by their number. */
  readonly bbox_regression: number;
  /** The gradients of their sum, by level, of the shapes of the network's outputs. */
  readonly gradients: readonly Pick<DenseLevel, 'logits' | 'deltas'>[];
}

/** What four deltas lose, and the derivatives by them. */
export type BoxLoss = (deltas: Box, anchor: Boxes, object: Boxes) => { readonly loss: number; readonly gradient: Box };

const coder = new BoxCoder(RPN_BOX_WEIGHTS);

const boxOf = (row: ArrayLike<number>): Box => [row[0], row[1], row[2], row[3]];

const l1: BoxLoss = (deltas, anchor, object) => {
  const differences = boxOf(coder.encode(object, anchor).map((code, side) => deltas[side] - code));
  const [a, b, c, d] = differences.map(Math.sign);
  return { loss: differences.reduce((sum, difference) => sum + Math.abs(difference), 0), gradient: [a, b, c, d] };
};

const giou: BoxLoss = (deltas, anchor, object) => {
  const box = boxOf(coder.decode(Float32Array.from(deltas), anchor));
  const { gradient, loss } = giouLoss(box, boxOf(object));
  const [x1, y1, x2, y2] = gradient;
  const [, , dw, dh] = deltas;
  // A clamped log ratio has no gradient.
  return {
    loss,
    gradient: [
      (x1 + x2) * (anchor[2] - anchor[0]),
      (y1 + y2) * (anchor[3] - anchor[1]),
      dw <= MAX_LOG_RATIO ? ((x2 - x1) * (box[2] - box[0])) / 2 : 0,
      dh <= MAX_LOG_RATIO ? ((y2 - y1) * (box[3] - box[1])) / 2 : 0,
    ],
  };
};

/** By the names that `_box_loss` of torchvision has for them. */
export const boxLosses: Readonly<Record<'l1' | 'giou', BoxLoss>> = { l1, giou };

/**
 * Both losses, their means over images, and their gradients.
 *
 * @param anchors of all levels @param targets of each image
 */
export function retinaNetLoss(
  levels: readonly DenseLevel[],
  anchors: Boxes,
  targets: readonly AnchorTargets[],
  boxLoss: BoxLoss,
): RetinaNetLoss {
  const gradients = levels.map(({ deltas, logits }) => ({
    logits: new Float32Array(logits.length),
    deltas: new Float32Array(deltas.length),
  }));
  const focal: Focal = { loss: 0, slope: 0 };
  let [classification, bbox_regression] = [0, 0];
  for (const [image, { matches, objects }] of targets.entries()) {
    const withObject = matches.reduce((count, match) => (match >= 0 ? count + 1 : count), 0);
    const share = 1 / (Math.max(1, withObject) * targets.length);
    let anchor = 0;
    for (const [level, { deltas, logits }] of levels.entries()) {
      const count = deltas.length / 4 / targets.length;
      const classes = logits.length / targets.length / count;
      const by = gradients[level];
      for (let row = image * count; row < (image + 1) * count; row++, anchor++) {
        const match = matches[anchor];
        if (match === BETWEEN_THRESHOLDS) continue;
        const label = match >= 0 ? objects.labels[match] : -1;
        for (let k = 0, at = row * classes; k < classes; k++, at++) {
          focalLoss(logits[at], k === label, focal);
          classification += focal.loss * share;
          by.logits[at] = focal.slope * share;
        }
        if (match < 0) continue;
        const { gradient, loss } = boxLoss(
          boxOf(deltas.subarray(row * 4, row * 4 + 4)),
          anchors.subarray(anchor * 4, anchor * 4 + 4),
          objects.boxes.subarray(match * 4, match * 4 + 4),
        );
        bbox_regression += loss * share;
        by.deltas.set(
          gradient.map((slope) => slope * share),
          row * 4,
        );
      }
    }
  }
  return { classification, bbox_regression, gradients };
}

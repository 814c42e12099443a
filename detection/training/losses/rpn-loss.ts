/**
 * What the region proposal network is trained for (Ren et al. 2015, section 3.1.2). Equal to
 * `torchvision/models/detection/rpn.py: assign_targets_to_anchors, compute_loss`.
 *
 * The gradients are derived by hand, on the host, which has chosen the anchors: 512 of 435,000 count, of two images of
 * 800 × 1088 pixels. That takes 26 ms; as a loss in tfjs that is compiled and differentiated, with targets for all
 * anchors, it takes 850 ms on the same two cores.
 *
 * Shapes: N images, L levels of H × W positions with A anchors each; anchors are counted through all levels.
 */
import { BoxCoder, RPN_BOX_WEIGHTS } from '../../ops/box-coder.ts';
import { type Boxes, gatherBoxes } from '../../ops/boxes.ts';
import { BETWEEN_THRESHOLDS, matchBoxes } from '../../ops/matcher.ts';
import type { RpnLevel } from '../../ops/proposals.ts';
import type { Sample } from '../../ops/sampler.ts';
import { smoothL1, smoothL1Slope } from '../../ops/smooth-l1.ts';
import type { DetectorTrainingSettings } from '../training-settings.ts';

const coder = new BoxCoder(RPN_BOX_WEIGHTS);

/** What the sampled anchors of one image should have said. */
export interface RpnTargets extends Sample {
  /** [positive, 4]: the codes that lead from the positive anchors to their objects. */
  readonly codes: Float32Array;
}

/** @param objects [G, 4] of one image @param draw chooses among labels of all anchors: 1 object, 0 none, −1 neither */
export function rpnTargets(
  anchors: Boxes,
  objects: Boxes,
  { rpn_bg_iou_thresh, rpn_fg_iou_thresh }: DetectorTrainingSettings,
  draw: (labels: Int32Array) => Sample,
): RpnTargets {
  const matches = matchBoxes(objects, anchors, {
    highThreshold: rpn_fg_iou_thresh,
    lowThreshold: rpn_bg_iou_thresh,
    allowLowQualityMatches: true,
  });
  const sample = draw(matches.map((match) => (match >= 0 ? 1 : match === BETWEEN_THRESHOLDS ? -1 : 0)));
  const matched = gatherBoxes(
    objects,
    sample.positive.map((row) => matches[row]),
  );
  return { ...sample, codes: coder.encode(matched, gatherBoxes(anchors, sample.positive)) };
}

export interface RpnLoss {
  /** Mean binary cross-entropy of the sampled anchors. */
  readonly objectness: number;
  /** Smooth L1 of the positive ones' codes, summed, by the number of samples. */
  readonly boxes: number;
  /** The gradients of their sum, by level, of the shapes of the network's outputs. */
  readonly gradients: readonly Pick<RpnLevel, 'logits' | 'deltas'>[];
}

/** log(1 + e^x) without overflow. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Both losses over a batch, and their gradients; 0 where nothing is sampled. @param targets of each image */
export function rpnLoss(levels: readonly RpnLevel[], targets: readonly RpnTargets[]): RpnLoss {
  const counts = levels.map(({ logits }) => logits.length / targets.length);
  const gradients = levels.map(({ deltas, logits }) => ({
    logits: new Float32Array(logits.length),
    deltas: new Float32Array(deltas.length),
  }));
  const total = targets.reduce((sum, { negative, positive }) => sum + positive.length + negative.length, 0);
  let [objectness, boxes] = [0, 0];

  /** Of an anchor of an image: the level, and the row within that level's outputs. */
  const placeOf = (image: number, anchor: number) => {
    let [level, row] = [0, anchor];
    while (row >= counts[level]) row -= counts[level++];
    return { level, row: image * counts[level] + row };
  };
  for (const [image, { codes, negative, positive }] of targets.entries()) {
    const ask = (anchor: number, label: 0 | 1) => {
      const { level, row } = placeOf(image, anchor);
      const logit = levels[level].logits[row];
      objectness += softplus(label ? -logit : logit) / total;
      gradients[level].logits[row] = (1 / (1 + Math.exp(-logit)) - label) / total;
    };
    for (const anchor of negative) ask(anchor, 0);
    for (const [i, anchor] of positive.entries()) {
      ask(anchor, 1);
      const { level, row } = placeOf(image, anchor);
      for (let side = 0; side < 4; side++) {
        const difference = levels[level].deltas[row * 4 + side] - codes[i * 4 + side];
        boxes += smoothL1(difference) / total;
        gradients[level].deltas[row * 4 + side] = smoothL1Slope(difference) / total;
      }
    }
  }
  return { objectness, boxes, gradients };
}

/**
 * From the RPN's outputs to region proposals (Ren et al. 2015, section 3.3), on the host. Equal to
 * `torchvision/models/detection/rpn.py: filter_proposals`, but only the best anchors of each level are ever built and
 * decoded.
 *
 * Shapes: N images, L levels with a grid of H×W cells, A anchors per cell, R proposals.
 */
import { ResnetCocoError } from '../../errors.ts';
import type { AnchorGenerator } from './anchors.ts';
import { BoxCoder, type RatioClip, RPN_BOX_WEIGHTS } from './box-coder.ts';
import { type Boxes, clipBoxes, gatherBoxes, type ImageSize, largeRows } from './boxes.ts';
import { batchedNms } from './nms.ts';
import { sigmoid } from './sigmoid.ts';
import { topK } from './top-k.ts';

const { fround } = Math;

/** The least side of a proposal, in pixels: torchvision's default. */
export const MIN_PROPOSAL_SIDE = 1e-3;

/** What the RPN head says of one level, channels last. */
export interface RpnLevel extends ImageSize {
  /** [N, H, W, A] */
  readonly logits: Float32Array;
  /** [N, H, W, A, 4] */
  readonly deltas: Float32Array;
}

export interface ProposalOptions {
  /** Anchors of each level that go into suppression. */
  readonly preNmsTopN: number;
  /** Proposals of an image, over all levels. */
  readonly postNmsTopN: number;
  readonly nmsThresh: number;
  /** Least objectness, a probability. */
  readonly scoreThresh: number;
  /** Proposals with a smaller side, in pixels, are dropped; .001 by default. With 0, those without area. */
  readonly minSize?: number | undefined;
  /** Whether log ratios are held from below, too. */
  readonly whRatioClip?: RatioClip | undefined;
}

export interface Proposals {
  /** [R, 4], in pixels of the padded batch, highest score first. */
  readonly boxes: Boxes;
  /** [R], objectness as a probability. */
  readonly scores: Float32Array;
}

/**
 * The proposals of every image of a batch.
 *
 * NaN logits rank highest, as in torch, and are then dropped with their boxes; NaN deltas drop their box; infinite ones
 * give a box that reaches the image's border, or none.
 *
 * @param padded The size of the padded batch @param imageSizes The size of each image in it
 * @throws BAD_MODEL when outputs, grids and anchors do not fit together
 */
export function filterProposals(
  levels: readonly RpnLevel[],
  anchors: AnchorGenerator,
  padded: ImageSize,
  imageSizes: readonly ImageSize[],
  options: ProposalOptions,
): Proposals[] {
  checkLevels(levels, anchors, imageSizes.length);
  return imageSizes.map((size, image) => proposalsOfImage(levels, anchors, padded, size, image, options));
}

function proposalsOfImage(
  levels: readonly RpnLevel[],
  anchors: AnchorGenerator,
  padded: ImageSize,
  size: ImageSize,
  image: number,
  options: ProposalOptions,
): Proposals {
  const coder = new BoxCoder(RPN_BOX_WEIGHTS, options.whRatioClip);
  const perLocation = anchors.anchorsPerLocation;
  const counts = levels.map(({ height, width }, level) => height * width * perLocation[level]);
  const capacity = counts.reduce((total, count) => total + Math.min(count, options.preNmsTopN), 0);
  const boxes = new Float32Array(capacity * 4);
  const scores = new Float32Array(capacity);
  const levelOf = new Int32Array(capacity);

  let candidates = 0;
  for (const [level, outputs] of levels.entries()) {
    const first = image * counts[level];
    const logits = outputs.logits.subarray(first, first + counts[level]);
    const rows = topK(logits, options.preNmsTopN);
    const chosen = anchors.anchorsAt(level, outputs, padded, rows);
    for (let i = 0; i < rows.length; i++, candidates++) {
      coder.decodeRow(outputs.deltas, first + rows[i], chosen, i, boxes, candidates);
      scores[candidates] = sigmoid(logits[rows[i]]);
      levelOf[candidates] = level;
    }
  }

  clipBoxes(boxes, size);
  const leastScore = fround(options.scoreThresh);
  const usable = largeRows(boxes, options.minSize ?? MIN_PROPOSAL_SIDE).filter((row) => scores[row] >= leastScore);
  const usableBoxes = gatherBoxes(boxes, usable);
  const usableScores = Float32Array.from(usable, (row) => scores[row]);
  const usableLevels = Int32Array.from(usable, (row) => levelOf[row]);
  const kept = batchedNms(usableBoxes, usableScores, usableLevels, options.nmsThresh, options.postNmsTopN);
  return { boxes: gatherBoxes(usableBoxes, kept), scores: Float32Array.from(kept, (row) => usableScores[row]) };
}

function checkLevels(levels: readonly RpnLevel[], anchors: AnchorGenerator, images: number): void {
  const perLocation = anchors.anchorsPerLocation;
  if (levels.length !== perLocation.length) {
    throw new ResnetCocoError(
      'BAD_MODEL',
      `the network has ${levels.length} levels, but anchor_sizes has ${perLocation.length}: they must be as many`,
    );
  }
  for (const [level, { height, width, logits, deltas }] of levels.entries()) {
    const expected = images * height * width * perLocation[level];
    if (logits.length !== expected || deltas.length !== 4 * expected) {
      throw new ResnetCocoError(
        'BAD_MODEL',
        `level ${level}: ${logits.length} logits and ${deltas.length} deltas for ${images} images of ` +
          `${height}x${width} cells with ${perLocation[level]} anchors; expected ${expected} and ${4 * expected}: ` +
          'check anchor_sizes and aspect_ratios',
      );
    }
  }
}

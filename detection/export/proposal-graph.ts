// L levels, A anchors a cell, R proposals.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import { type RatioClip, RPN_BOX_WEIGHTS } from '../ops/box-coder.ts';
import { MIN_PROPOSAL_SIDE } from '../ops/proposals.ts';
import { type AnchorLevel, anchorsAt, clippedBoxes, decodedBoxes, exponential, reachSize } from './box-graph.ts';
import type { ImageWires } from './image-graph.ts';
import { NO_SCORE, shiftedByClass, suppressed } from './suppression-graph.ts';

interface ProposalConfig {
  readonly rpn_pre_nms_top_n_test: number;
  readonly rpn_post_nms_top_n_test: number;
  readonly rpn_nms_thresh: number;
  readonly rpn_score_thresh: number;
  readonly rpn_min_size?: number | undefined;
  readonly wh_ratio_clip?: RatioClip | undefined;
}

/** `sigmoid`: 1 / (1 + e^−x), each step rounded to single precision. */
export const sigmoid = (g: GraphBuilder, x: Wire): Wire => g.div(1, g.add(exponential(g, g.neg(x)), 1));

/**
 * `filterProposals` of one image: `[R, 4]`, in pixels of the padded image.
 *
 * @param outputs `objectness0` … `[1, h, w, A]` and `deltas0` … `[1, h, w, 4A]` of each level
 */
export function proposalGraph(
  g: GraphBuilder,
  outputs: Readonly<Record<string, Wire>>,
  levels: readonly AnchorLevel[],
  { padded, resized }: ImageWires,
  config: ProposalConfig,
): Wire {
  const chosen = levels.map((anchors) => {
    const { level } = anchors;
    const objectness = outputs[`objectness${level}`];
    const grid = { height: g.size(objectness, 1), width: g.size(objectness, 2) };
    const logits = g.reshape(objectness, -1);
    const best = g.topK(logits, g.min(g.size(logits, 0), config.rpn_pre_nms_top_n_test));
    const deltas = g.gather(g.reshape(outputs[`deltas${level}`], -1, 4), best.places);
    const references = anchorsAt(g, anchors, grid, padded, best.places);
    return {
      boxes: decodedBoxes(g, deltas, references, RPN_BOX_WEIGHTS, config.wh_ratio_clip),
      logits: best.values,
      level: g.filled(level, 'float32', g.size(best.values, 0)),
    };
  });
  const joined = (part: 'boxes' | 'logits' | 'level') =>
    g.concat(
      chosen.map((level) => level[part]),
      0,
    );
  const boxes = clippedBoxes(g, joined('boxes'), resized);
  const [probabilities, level] = [sigmoid(g, joined('logits')), joined('level')];
  const isSure = g.atLeast(probabilities, config.rpn_score_thresh);
  const usable = g.and(reachSize(g, boxes, config.rpn_min_size ?? MIN_PROPOSAL_SIDE), isSure);
  const scores = g.where(usable, probabilities, NO_SCORE);

  const apart = shiftedByClass(g, boxes, g.unsqueeze(level, 1), usable);
  const ofLevel = g.constant(
    levels.map(({ level }) => level),
    'float32',
    [levels.length, 1],
  );
  const byLevel = g.where(g.equal(g.unsqueeze(level, 0), ofLevel), g.unsqueeze(scores, 0), NO_SCORE);
  const suppression = {
    ...{ boxes: g.unsqueeze(apart, 0), scores: g.unsqueeze(byLevel, 0) },
    ...{ iouThreshold: config.rpn_nms_thresh, most: config.rpn_post_nms_top_n_test },
  };
  return g.gather(
    boxes,
    suppressed(g, suppression, scores, (_group, _level, box) => box),
  );
}

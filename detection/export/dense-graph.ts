// L levels, A anchors a cell, K classes, D detections.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import { type RatioClip, RPN_BOX_WEIGHTS } from '../ops/box-coder.ts';
import type { BoxClipping } from '../ops/dense-detections.ts';
import { type AnchorLevel, anchorsAt, clippedBoxes, decodedBoxes, reachSize } from './box-graph.ts';
import { type DetectionWires, largeDetections } from './detection-graph.ts';
import type { ImageWires } from './image-graph.ts';
import { sigmoid } from './proposal-graph.ts';
import { NO_SCORE, shiftedByClass, suppressed } from './suppression-graph.ts';

interface DenseConfig {
  readonly num_classes: number;
  readonly score_thresh: number;
  readonly nms_thresh: number;
  readonly detections_per_img: number;
  readonly topk_candidates: number;
  readonly clip_boxes?: BoxClipping | undefined;
  readonly box_min_size?: number | undefined;
  readonly wh_ratio_clip?: RatioClip | undefined;
}

/**
 * `chooseDetections` of one image: boxes in pixels of the image as the network saw it.
 *
 * @param outputs `logits0` … `[1, h, w, A · K]` and `deltas0` … `[1, h, w, 4A]` of each level
 */
export function denseGraph(
  g: GraphBuilder,
  outputs: Readonly<Record<string, Wire>>,
  levels: readonly AnchorLevel[],
  { padded, resized }: ImageWires,
  config: DenseConfig,
): DetectionWires {
  const { box_min_size: minSize, num_classes } = config;
  const clipsFirst = config.clip_boxes !== 'after_nms';
  const chosen = levels.map((anchors) => {
    const map = outputs[`logits${anchors.level}`];
    const grid = { height: g.size(map, 1), width: g.size(map, 2) };
    const { places, scores } = bestScores(g, g.reshape(map, -1), config.topk_candidates);
    const rows = g.div(places, num_classes);
    const deltas = g.gather(g.reshape(outputs[`deltas${anchors.level}`], -1, 4), rows);
    const references = anchorsAt(g, anchors, grid, padded, rows);
    return {
      boxes: decodedBoxes(g, deltas, references, RPN_BOX_WEIGHTS, config.wh_ratio_clip),
      labels: g.mod(places, num_classes),
      scores,
    };
  });
  const joined = (part: 'boxes' | 'labels' | 'scores') =>
    g.concat(
      chosen.map((level) => level[part]),
      0,
    );
  const boxes = clipsFirst ? clippedBoxes(g, joined('boxes'), resized) : joined('boxes');
  const labels = joined('labels');
  const isSure = g.greater(joined('scores'), config.score_thresh);
  const usable = clipsFirst && minSize !== undefined ? g.and(isSure, reachSize(g, boxes, minSize)) : isSure;
  const scores = g.where(usable, joined('scores'), NO_SCORE);

  const apart = shiftedByClass(g, boxes, g.unsqueeze(g.cast(labels, 'float32'), 1), usable);
  const classes = g.unsqueeze(g.range(g.ints(num_classes)), 1);
  const byClass = g.where(g.equal(g.unsqueeze(labels, 0), classes), g.unsqueeze(scores, 0), NO_SCORE);
  const suppression = {
    ...{ boxes: g.unsqueeze(apart, 0), scores: g.unsqueeze(byClass, 0) },
    ...{ iouThreshold: config.nms_thresh, most: config.detections_per_img },
  };
  const kept = suppressed(g, suppression, scores, (_group, _label, box) => box);
  const found = { boxes: g.gather(boxes, kept), labels: g.gather(labels, kept), scores: g.gather(scores, kept) };
  if (clipsFirst) return found;
  const clipped = { ...found, boxes: clippedBoxes(g, found.boxes, resized) };
  return minSize === undefined ? clipped : largeDetections(g, clipped, minSize);
}

/** What is certainly more than rounding does to a score, as a part of it, and to a logit. */
const SCORE_MARGIN = 5e-7;
const LOGIT_MARGIN = 1e-5;

/**
 * The greatest scores of a level and their places, of equal scores the first first. Different logits may have one score,
 * so these are compared; but only of those logits that may be among the greatest.
 */
function bestScores(g: GraphBuilder, logits: Wire, most: number): { places: Wire; scores: Wire } {
  const count = g.min(g.size(logits, 0), most);
  const last = sigmoid(g, g.op('ReduceMin', [g.topK(logits, count).values], { keepdims: 0 }));
  const below = g.mul(g.cast(last, 'float64'), 1 - SCORE_MARGIN);
  const least = g.sub(g.log(g.div(below, g.sub(1, below))), LOGIT_MARGIN);
  const places = g.placesOf(g.atLeast(logits, g.cast(least, 'float32')));
  const best = g.topK(sigmoid(g, g.gather(logits, places)), count);
  return { places: g.gather(places, best.places), scores: best.values };
}

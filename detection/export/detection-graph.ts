// R proposals, K classes with the background, D detections.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import { type RatioClip, ROI_BOX_WEIGHTS } from '../ops/box-coder.ts';
import { MIN_DETECTION_SIDE } from '../ops/postprocess.ts';
import { clippedBoxes, decodedBoxes, exponential, reachSize } from './box-graph.ts';
import type { SizeWires } from './resize-graph.ts';
import { NO_SCORE, shiftedByClass, suppressed } from './suppression-graph.ts';

/** What is found in an image, highest score first. */
export interface DetectionWires {
  /** `[D, 4]` */
  readonly boxes: Wire;
  /** `[D]` */
  readonly labels: Wire;
  /** `[D]` */
  readonly scores: Wire;
}

/** What the box head says of the proposals. */
export interface BoxHeadWires {
  /** `[R, 4]`, in pixels of the resized image */
  readonly proposals: Wire;
  /** `[R, K]` */
  readonly logits: Wire;
  /** `[R, 4K]` */
  readonly deltas: Wire;
}

interface DetectionConfig {
  readonly num_classes: number;
  readonly box_score_thresh: number;
  readonly box_nms_thresh: number;
  readonly box_detections_per_img: number;
  readonly box_min_size?: number | undefined;
  readonly wh_ratio_clip?: RatioClip | undefined;
}

/** Of each row, summed in double precision as the host does. */
function softmax(g: GraphBuilder, logits: Wire): Wire {
  const powers = exponential(g, g.sub(logits, g.reduceMax(logits, [1], 1)));
  return g.div(powers, g.cast(g.reduceSum(g.cast(powers, 'float64'), [1], 1), 'float32'));
}

/** `postprocessDetections`: boxes in pixels of the image as the network saw it. @param resized its size */
export function detectionGraph(
  g: GraphBuilder,
  { deltas, logits, proposals }: BoxHeadWires,
  resized: SizeWires,
  config: DetectionConfig,
): DetectionWires {
  const { num_classes } = config;
  const objects = num_classes - 1;
  const probabilities = g.slice(softmax(g, logits), 1, num_classes, 1);
  const ofObjects = g.slice(g.reshape(deltas, -1, num_classes, 4), 1, num_classes, 1);
  const decoded = decodedBoxes(g, ofObjects, g.unsqueeze(proposals, 1), ROI_BOX_WEIGHTS, config.wh_ratio_clip);
  const boxes = clippedBoxes(g, decoded, resized);
  const isSure = g.greater(probabilities, config.box_score_thresh);
  const { box_min_size: minSize = MIN_DETECTION_SIDE } = config;
  const usable = minSize > 0 ? g.and(reachSize(g, boxes, minSize), isSure) : isSure;
  const scores = g.where(usable, probabilities, NO_SCORE);

  const labels = Array.from({ length: objects }, (_, i) => i + 1);
  const apart = shiftedByClass(g, boxes, g.constant(labels, 'float32', [objects, 1]), usable);
  // A group of boxes for each class, so that nothing grows with the number of pairs of classes and candidates.
  const suppression = {
    ...{ boxes: g.transpose(apart, 1, 0, 2), scores: g.unsqueeze(g.transpose(scores, 1, 0), 1) },
    ...{ iouThreshold: config.box_nms_thresh, most: config.box_detections_per_img },
  };
  const candidates = g.reshape(scores, -1);
  const kept = suppressed(g, suppression, candidates, (label, _, region) => g.add(g.mul(region, objects), label));
  const found = {
    boxes: g.gather(g.reshape(boxes, -1, 4), kept),
    labels: g.add(g.mod(kept, objects), 1),
    scores: g.gather(candidates, kept),
  };
  return minSize > 0 ? found : largeDetections(g, found, minSize);
}

/** The detections whose sides reach a number of pixels, or, with 0, that have an area. */
export function largeDetections(g: GraphBuilder, found: DetectionWires, minSize: number): DetectionWires {
  const rows = g.placesOf(reachSize(g, found.boxes, minSize));
  return {
    boxes: g.gather(found.boxes, rows),
    labels: g.gather(found.labels, rows),
    scores: g.gather(found.scores, rows),
  };
}

import { rleMerge } from '../../datasets/masks/rle.ts';
import type { DetectionFilter } from '../filters.ts';
import { DetectedMask } from '../results/detected-mask.ts';
import type { Detection } from '../results/name-detections.ts';
import { type OverlapMetric, overlapsMore } from './box-overlap.ts';
import { groupBoxes, type MergeMethod } from './non-maximum-merging.ts';

/** How objects that several tiles found become one. */
export interface MergeSettings {
  readonly method: MergeMethod;
  readonly metric: OverlapMetric;
  /** The least overlap of two boxes of one object, above 0. */
  readonly threshold: number;
  /** Whether objects of different categories may be one. */
  readonly agnostic: boolean;
}

type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

/**
 * Detections of one image with one for each object, highest score first: SAHI's `GreedyNMMPostprocess`,
 * `NMMPostprocess` and `NMSPostprocess`. A merged object has the box around its parts, the highest score and the category
 * of that score, all pixels of its parts' masks, and of each joint the surest.
 */
export function mergeDetections(detections: readonly Detection[], settings: MergeSettings): Detection[] {
  const categories = new Map<number, Detection[]>();
  for (const detection of detections) {
    const id = settings.agnostic ? 0 : detection.category_id;
    const same = categories.get(id);
    if (same) same.push(detection);
    else categories.set(id, [detection]);
  }
  const ids = [...categories.keys()].sort((a, b) => a - b);
  return ids.flatMap((id) => mergeCategory(categories.get(id)!, settings)).sort((a, b) => b.score - a.score);
}

/** What a filter leaves of detections that are merged. What is not asked for becomes no part of what is, and leaves out none. */
export function mergeAsked(
  detections: readonly Detection[],
  filter: DetectionFilter,
  settings: MergeSettings,
): Detection[] {
  const [asked, others] = filter.split(detections);
  return filter.apply([...mergeDetections(asked, settings), ...mergeDetections(others, settings)]);
}

function mergeCategory(detections: readonly Detection[], { method, metric, threshold }: MergeSettings): Detection[] {
  const corners = detections.map(cornersOf);
  const boxes = Float32Array.from(corners.flat());
  const scores = Float32Array.from(detections, ({ score }) => score);
  return groupBoxes({ boxes, scores }, method, metric, threshold).map(({ merged, row }) => {
    let whole = detections[row];
    let around = corners[row];
    const parts = [whole];
    for (const other of merged) {
      // The box has grown since the groups were made. As in SAHI, what no longer overlaps it is no object either.
      if (!overlapsMore(around, corners[other], metric, threshold)) continue;
      around = union(around, corners[other]);
      if (!(whole.score > detections[other].score)) whole = { ...detections[other], score: whole.score };
      parts.push(detections[other]);
    }
    return parts.length === 1 ? whole : asOne(whole, around, parts);
  });
}

const cornersOf = ({ bbox: [x, y, width, height] }: Detection): Corners => [x, y, x + width, y + height];

const union = ([ax1, ay1, ax2, ay2]: Corners, [bx1, by1, bx2, by2]: Corners): Corners => [
  Math.min(ax1, bx1),
  Math.min(ay1, by1),
  Math.max(ax2, bx2),
  Math.max(ay2, by2),
];

/** @param whole has the category and the score */
function asOne(whole: Detection, [x1, y1, x2, y2]: Corners, parts: readonly Detection[]): Detection {
  const masks = parts.flatMap(({ mask }) => mask?.rle ?? []);
  return {
    ...whole,
    bbox: [x1, y1, x2 - x1, y2 - y1],
    ...(masks.length && { mask: new DetectedMask(rleMerge(masks, false)) }),
    ...(whole.keypoints && surestJoints(parts)),
  };
}

function surestJoints(parts: readonly Detection[]): Pick<Detection, 'keypoints' | 'keypoint_scores'> {
  const scoreOf = (part: Detection, joint: number) => part.keypoint_scores?.[joint] ?? Number.NEGATIVE_INFINITY;
  const surest = (parts[0].keypoints ?? []).map((_, joint) =>
    parts.reduce((best, part) => (scoreOf(part, joint) > scoreOf(best, joint) ? part : best)),
  );
  return {
    keypoints: surest.map(({ keypoints }, joint) => keypoints![joint]),
    keypoint_scores: surest.map((part, joint) => scoreOf(part, joint)),
  };
}

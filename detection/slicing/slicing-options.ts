import { checkSlicing, type SliceSize, type Slicing } from '../../datasets/images/tiles.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { OptionKinds } from '../../io/options.ts';
import { shownValue } from '../../io/shown-value.ts';
import { type OverlapMetric, overlapMetrics } from './box-overlap.ts';
import type { MergeSettings } from './merge-detections.ts';
import { type MergeMethod, mergeMethods } from './non-maximum-merging.ts';

/** How an image is looked at in tiles. */
export interface SlicingOptions {
  /** The side of a tile in pixels, or width and height. Default 640. */
  readonly slice?: SliceSize;
  /** The share of a tile's side that it has in common with the next, from 0 to below 1. Default .2. */
  readonly overlap?: number;
  /** Whether the whole image is looked at, too, in which objects larger than a tile are found. Default true. */
  readonly whole?: boolean;
  /**
   * How objects that several tiles found become one: `greedy-nmm` merges into a box those that overlap it, `nmm` also
   * those that overlap them, `nms` leaves them out. By default `greedy-nmm`; as in SAHI `nms` over `iou` if detections of
   * scores below .1 are asked for, since these would enlarge the boxes that they are merged into.
   */
  readonly merge?: MergeMethod;
  /**
   * What the intersection of two boxes is divided by: the smaller box (`ios`, which finds the part of an object that a
   * tile's border cuts) or their union (`iou`). Default `ios`.
   */
  readonly mergeMetric?: OverlapMetric;
  /** The least overlap of two boxes of one object, above 0 and at most 1. Default .5. */
  readonly mergeThreshold?: number;
  /** Whether objects of different categories may be one. Default false. */
  readonly mergeAgnostic?: boolean;
}

export const slicingKinds: OptionKinds<SlicingOptions> = {
  slice: 'checked',
  overlap: 'checked',
  whole: 'boolean',
  merge: mergeMethods,
  mergeMetric: overlapMetrics,
  mergeThreshold: 'checked',
  mergeAgnostic: 'boolean',
};

export const [SLICE, OVERLAP, MERGE_THRESHOLD] = [640, 0.2, 0.5];

/** Below this score boxes are too many and too wrong to be merged (SAHI's `LOW_MODEL_CONFIDENCE`). */
const LOW_SCORE = 0.1;

/** How an image is looked at in tiles, checked and with nothing left open. */
export interface SlicingPlan {
  readonly slicing: Slicing;
  readonly whole: boolean;
  readonly merge: MergeSettings;
}

/**
 * @param score above which detections are asked for
 * @throws ResnetCocoError USAGE for a setting that is none
 */
export function slicingPlan(options: SlicingOptions, score: number): SlicingPlan {
  const { mergeAgnostic = false, mergeThreshold = MERGE_THRESHOLD, overlap = OVERLAP, slice = SLICE } = options;
  const { whole = true } = options;
  if (!(typeof mergeThreshold === 'number' && mergeThreshold > 0 && mergeThreshold <= 1)) {
    const wanted = 'a number above 0, and at most 1';
    throw new ResnetCocoError('USAGE', `mergeThreshold must be ${wanted}, is ${shownValue(mergeThreshold)}`);
  }
  const isLow = options.merge === undefined && options.mergeMetric === undefined && score < LOW_SCORE;
  const { merge: method = isLow ? 'nms' : 'greedy-nmm', mergeMetric: metric = isLow ? 'iou' : 'ios' } = options;
  return {
    slicing: checkSlicing(slice, overlap),
    whole,
    merge: { method, metric, threshold: mergeThreshold, agnostic: mergeAgnostic },
  };
}

import type { CocoBox } from '../../datasets/index.ts';
import type { CompressedRle } from '../../datasets/masks/rle-string.ts';
import { cocoShapes } from './coco-shapes.ts';
import type { Detection } from './name-detections.ts';

/** One object in JSON, as `detect --json` and the HTTP service give it: its mask and joints as COCO's files have them. */
export interface DetectionRecord {
  readonly category_id: number;
  readonly label: string;
  readonly score: number;
  readonly bbox: CocoBox;
  /** Of a model that segments. */
  readonly segmentation?: CompressedRle;
  /** Of a model that finds joints: x, y and visibility of each, one after another. */
  readonly keypoints?: readonly number[];
  /** How sure each joint is: a logit. */
  readonly keypoint_scores?: readonly number[];
}

/** Runs in browsers too. */
export function detectionRecord(detection: Detection): DetectionRecord {
  const { bbox, category_id, keypoint_scores, label, score } = detection;
  return {
    ...{ category_id, label, score, bbox },
    ...cocoShapes(detection),
    ...(keypoint_scores && { keypoint_scores }),
  };
}

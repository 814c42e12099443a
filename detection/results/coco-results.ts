import type { CocoBox, CocoResult, ImageId } from '../../datasets/index.ts';
import { cocoShapes } from './coco-shapes.ts';
import type { DetectedMask } from './detected-mask.ts';
import type { Keypoint } from './name-detections.ts';

/** One object, as the COCO results format has it. */
export interface CocoDetection {
  readonly category_id: number;
  readonly bbox: CocoBox;
  readonly score: number;
  readonly mask?: DetectedMask;
  readonly keypoints?: readonly Keypoint[];
}

/** What was found in an image, as elements of `detections.json`. */
export const cocoResults = (image_id: ImageId, detections: readonly CocoDetection[]): CocoResult[] =>
  detections.map(({ bbox, category_id, score, ...shapes }) => ({
    ...{ image_id, category_id, bbox, score },
    ...cocoShapes(shapes),
  }));

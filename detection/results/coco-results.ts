import type { CocoBox, CocoResult, ImageId } from '../../datasets/index.ts';

/** One object, as the COCO results format has it. */
export interface CocoDetection {
  readonly category_id: number;
  readonly bbox: CocoBox;
  readonly score: number;
}

/** What was found in an image, as elements of `detections.json`. */
export const cocoResults = (image_id: ImageId, detections: readonly CocoDetection[]): CocoResult[] =>
  detections.map(({ category_id, bbox, score }) => ({ image_id, category_id, bbox, score }));

import type { ImageDetections } from './postprocess.ts';

/** One object in an image. */
export interface Detection {
  readonly category_id: number;
  readonly label: string;
  /** 0–1. */
  readonly score: number;
  /** x, y of the upper left corner, width and height, in pixels of the image. */
  readonly bbox: readonly [number, number, number, number];
}

/** Objects of this score or more are worth a person's look, unless the user says otherwise. */
export const SHOWN_SCORE = 0.5;

/** Detections as people and COCO's files have them. @param labels names by category id */
export function nameDetections(
  { boxes, labels: ids, scores }: ImageDetections,
  labels: ReadonlyMap<number, string>,
): Detection[] {
  return Array.from(ids, (category_id, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
    const label = labels.get(category_id) ?? `category ${category_id}`;
    return { category_id, label, score: scores[i], bbox: [x1, y1, x2 - x1, y2 - y1] };
  });
}

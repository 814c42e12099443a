import { type DetectorCategory, labelOf } from '../model/detector-category.ts';
import type { ImageDetections } from '../ops/postprocess.ts';

/** One object in an image. */
export interface Detection {
  /** As the data set has it that the model was trained on. */
  readonly category_id: number;
  readonly label: string;
  /** 0–1. */
  readonly score: number;
  /** x, y of the upper left corner, width and height, in pixels of the image. */
  readonly bbox: readonly [number, number, number, number];
}

/** Objects above this score are worth a person's look, unless the user says otherwise. */
export const SHOWN_SCORE = 0.5;

/** Whether a detection is kept at a score: strictly above it, and in single precision, as torchvision has it. */
export const isAbove = (score: number, threshold: number): boolean => score > Math.fround(threshold);

/** A model's categories by what its network calls them. */
export const categoriesByLabel = (categories: readonly DetectorCategory[]): ReadonlyMap<number, DetectorCategory> =>
  new Map(categories.map((category) => [labelOf(category), category]));

/** Detections as people and COCO's files have them. @param categories by label */
export function nameDetections(
  { boxes, labels, scores }: ImageDetections,
  categories: ReadonlyMap<number, DetectorCategory>,
): Detection[] {
  return Array.from(labels, (label, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
    const { id, name } = categories.get(label) ?? { id: label, name: `category ${label}` };
    return { category_id: id, label: name, score: scores[i], bbox: [x1, y1, x2 - x1, y2 - y1] };
  });
}

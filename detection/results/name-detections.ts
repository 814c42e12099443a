import { type DetectorCategory, labelOf } from '../model/detector-category.ts';
import type { Joint } from '../ops/heatmaps-to-keypoints.ts';
import type { ImageDetections } from '../ops/postprocess.ts';
import { DetectedMask } from './detected-mask.ts';

/** One object in an image. */
export interface Detection {
  /** As the data set has it that the model was trained on. */
  readonly category_id: number;
  readonly label: string;
  /** 0–1. */
  readonly score: number;
  /** x, y of the upper left corner, width and height, in pixels of the image. */
  readonly bbox: readonly [number, number, number, number];
  /** Its pixels, of a model that segments. */
  readonly mask?: DetectedMask;
  /** Its joints, of a model that finds them: x and y in pixels of the image, and COCO's visibility, which is 1. */
  readonly keypoints?: readonly Keypoint[];
  /** What the joints are called, where the model says it. */
  readonly keypoint_names?: readonly string[];
  /** How sure each joint is: a logit, above 0 for one that is more likely there than not. */
  readonly keypoint_scores?: readonly number[];
  /** Which joints a line connects, from 1 on, where the model says it. */
  readonly skeleton?: readonly (readonly number[])[];
}

/** x, y and visibility of a joint. */
export type Keypoint = readonly [x: number, y: number, v: number];

/** Objects above this score are worth a person's look, unless the user says otherwise. */
export const SHOWN_SCORE = 0.5;

/** Whether a detection is kept at a score: strictly above it, and in single precision, as torchvision has it. */
export const isAbove = (score: number, threshold: number): boolean => score > Math.fround(threshold);

/** A model's categories by what its network calls them. */
export const categoriesByLabel = (categories: readonly DetectorCategory[]): ReadonlyMap<number, DetectorCategory> =>
  new Map(categories.map((category) => [labelOf(category), category]));

/** Detections as people and COCO's files have them. @param categories by label */
export function nameDetections(
  { boxes, keypoints, labels, masks, scores }: ImageDetections,
  categories: ReadonlyMap<number, DetectorCategory>,
): Detection[] {
  return Array.from(labels, (label, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
    const category: DetectorCategory = categories.get(label) ?? { id: label, name: `category ${label}` };
    return {
      ...{
        category_id: category.id,
        label: category.name,
        score: scores[i],
        bbox: [x1, y1, x2 - x1, y2 - y1] as const,
      },
      ...(masks && { mask: new DetectedMask(masks[i]) }),
      ...(keypoints && namedJoints(keypoints[i], category)),
    };
  });
}

const namedJoints = (joints: readonly Joint[], { keypoints: names, skeleton }: DetectorCategory) => ({
  keypoints: joints.map(({ x, y }): Keypoint => [x, y, 1]),
  ...(names && { keypoint_names: names }),
  ...(skeleton && { skeleton }),
  keypoint_scores: joints.map(({ score }) => score),
});

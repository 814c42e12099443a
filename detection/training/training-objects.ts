/**
 * The objects of an image that a detector is trained on, as torchvision's reference prepares them
 * (`references/detection/coco_utils.py`).
 *
 * Shapes: G objects.
 */
import type { ObjectMask } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type Boxes, clipBoxes, gatherBoxes, type ImageSize, rowsWithArea, xywhToXyxy } from '../ops/boxes.ts';

/** Ground truth; an image may have none. */
export interface TrainingObjects {
  /** [G, 4] */
  readonly boxes: Boxes;
  /** [G], classes from 1 */
  readonly labels: Int32Array;
  /** [G], where masks are learned; undefined for an object without one. */
  readonly masks?: readonly (ObjectMask | undefined)[];
  /** [G], where keypoints are learned: [K, 3], x, y, v; undefined for an object without keypoints. */
  readonly keypoints?: readonly (Float32Array | undefined)[];
}

/** What is looked at of a COCO annotation. */
export interface ObjectAnnotation {
  /** x, y, width, height */
  readonly bbox: readonly number[];
  readonly category_id: number;
  readonly iscrowd?: number;
}

/** Objects and their annotations, both [G]. */
export interface AnnotatedObjects<A> extends TrainingObjects {
  readonly annotations: readonly A[];
}

/** The objects of an image: without crowds, clipped to the image, and of some area then. */
export function trainingObjects<A extends ObjectAnnotation>(
  annotations: readonly A[],
  image: ImageSize,
): AnnotatedObjects<A> {
  const single = annotations.filter(({ iscrowd }) => !iscrowd);
  const boxes = clipBoxes(xywhToXyxy(Float32Array.from(single.flatMap(({ bbox }) => bbox))), image);
  const rows = rowsWithArea(boxes);
  return {
    boxes: gatherBoxes(boxes, rows),
    labels: rows.map((row) => single[row].category_id),
    annotations: Array.from(rows, (row) => single[row]),
  };
}

/** Whether an image is worth training on: one of its boxes is more than a pixel wide and high. */
export const hasUsableBox = (annotations: readonly ObjectAnnotation[]): boolean =>
  annotations.some(({ bbox }) => bbox[2] > 1 && bbox[3] > 1);

/**
 * Checks what a network is about to be trained on.
 *
 * @param source the image, for errors
 * @throws ResnetCocoError BAD_DATASET for a box without width or height, or a label that the network does not have
 */
export function checkObjects({ boxes, labels }: TrainingObjects, numClasses: number, source: string): void {
  for (let i = 0; i < labels.length; i++) {
    const [x1, y1, x2, y2] = boxes.subarray(i * 4, i * 4 + 4);
    if (!(x2 > x1 && y2 > y1)) {
      const problem = `${source}: box ${i} is [${x1}, ${y1}, ${x2}, ${y2}]; it needs a width and a height above 0`;
      throw new ResnetCocoError('BAD_DATASET', problem);
    }
    if (!(labels[i] >= 1 && labels[i] < numClasses)) {
      throw new ResnetCocoError('BAD_DATASET', `${source}: box ${i} has class ${labels[i]}, not 1 … ${numClasses - 1}`);
    }
  }
}

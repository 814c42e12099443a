import { isList } from '../../masks/segmentation.ts';
import type { CocoSegmentation } from './coco-format.ts';

/** The polygons of a segmentation, each x and y by turns; none of a mask in runs. */
export const polygonsOf = (segmentation: CocoSegmentation | undefined): readonly (readonly number[])[] =>
  isList(segmentation) ? segmentation : [];

/** x and y of each point. @param step 2 for a polygon, 3 for keypoints */
export const pointsOf = (numbers: readonly number[], step: 2 | 3): (readonly [x: number, y: number])[] =>
  Array.from({ length: Math.floor(numbers.length / step) }, (_, i) => [numbers[step * i], numbers[step * i + 1]]);

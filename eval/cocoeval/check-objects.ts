import { ResnetCocoError } from '../../errors.ts';
import { areCoordinates, MOST } from '../../io/bounds.ts';
import type { COCO } from '../coco/coco.ts';
import type { IouType } from './params.ts';

/**
 * Checks that every annotation has the fields that this type of evaluation reads.
 *
 * @throws ResnetCocoError BAD_DATASET when a field is wrong; names the annotation and field
 */
export function checkObjects(gt: COCO, type: IouType): void {
  for (const annotation of gt.annotations) {
    if (!gt.imgs.has(annotation.image_id)) continue;
    const wants = (field: keyof typeof annotation, wanted: string): never => {
      const [value, image] = [JSON.stringify(annotation[field]), JSON.stringify(annotation.image_id)];
      const place = `annotation ${annotation.id} of image ${image}`;
      const problem = value === undefined ? `has no ${field}` : `has the ${field} ${shortened(value)}`;
      throw new ResnetCocoError('BAD_DATASET', `${place} ${problem}; evaluation of ${type} wants ${wanted}`);
    };
    const { area, bbox, iscrowd, keypoints, num_keypoints, segmentation } = annotation;
    if (!isNumber(area)) wants('area', 'a finite number');
    if (area > MOST.coordinate ** 2) wants('area', `a number up to ${MOST.coordinate ** 2}`);
    if (type === 'segm') {
      if (Array.isArray(segmentation) && segmentation.some(isFarAway)) wants('segmentation', COORDINATES);
    } else {
      if (!isNumbers(bbox) || bbox.length !== 4) wants('bbox', 'four finite numbers');
      if (!areCoordinates(bbox)) wants('bbox', COORDINATES);
    }
    if (iscrowd !== undefined && typeof iscrowd !== 'boolean' && !isNumber(iscrowd)) wants('iscrowd', '0 or 1');
    if (type !== 'keypoints') continue;
    if (!isNumbers(keypoints)) wants('keypoints', 'a list of finite numbers');
    if (!areCoordinates(keypoints)) wants('keypoints', COORDINATES);
    if (num_keypoints !== undefined && !isNumber(num_keypoints)) wants('num_keypoints', 'a number');
  }
}

const COORDINATES = `numbers from -${MOST.coordinate} to ${MOST.coordinate}`;

/** A polygon with absurd numbers. Values that are not numbers are reported by the mask code. */
const isFarAway = (polygon: unknown): boolean =>
  Array.isArray(polygon) && polygon.some((value) => typeof value === 'number' && !(Math.abs(value) <= MOST.coordinate));
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isNumbers = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isNumber);
const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

import { areCoordinates, MOST } from '../../io/bounds.ts';
import type { ImageSize } from '../images/image-size.ts';
import type { CocoBox } from './coco/coco-format.ts';
import type { DatasetProblem } from './problems.ts';

/** A box that leaves its image by at most this many pixels does so by rounding, as some boxes of COCO do. */
const OUTSIDE_TOLERANCE = 1;

/** What is wrong with numbers that lie beyond every image. */
export const FAR_AWAY = `its numbers must lie between -${MOST.coordinate} and ${MOST.coordinate}; correct it`;

export type BoxFinding = Pick<DatasetProblem, 'severity' | 'kind' | 'message'>;

const round = (pixels: number): number => Math.round(pixels * 100) / 100;

/**
 * Finds what is wrong with a box of four finite numbers. A negative side or an absurd number is an error. A side of
 * zero (COCO's own files have some), a box of a single pixel and a box that leaves its image are warnings: evaluation
 * uses them unchanged.
 */
export function findInBox([x, y, width, height]: CocoBox, image: ImageSize): BoxFinding | undefined {
  if (!areCoordinates([x, y, width, height])) {
    return { severity: 'error', kind: 'wrong value', message: FAR_AWAY };
  }
  if (width < 0 || height < 0) {
    const message = 'width and height must not be negative; a box is x, y, width, height';
    return { severity: 'error', kind: 'wrong value', message };
  }
  if (width === 0 || height === 0) {
    const message = 'it has no area; remove it, or give it a width and a height';
    return { severity: 'warning', kind: 'empty box', message };
  }
  if (width <= 1 && height <= 1) {
    const message = 'it covers no more than a pixel, probably by a slip of the mouse; remove it, or correct it';
    return { severity: 'warning', kind: 'empty box', message };
  }
  const excess = Math.max(-x, -y, x + width - image.width, y + height - image.height);
  if (excess <= OUTSIDE_TOLERANCE) return undefined;
  const size = `${image.width}×${image.height}`;
  const isOutside = x >= image.width || y >= image.height || x + width <= 0 || y + height <= 0;
  const where = isOutside ? 'lies outside of' : `reaches ${round(excess)} pixels beyond`;
  const message = `the box ${where} its image of ${size}; clip it, or correct the image's size`;
  return { severity: 'warning', kind: 'box outside its image', message };
}

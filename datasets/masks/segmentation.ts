/**
 * Makes masks of `segmentation` and other objects of COCO's JSON, and checks them. Every function throws a plain Error
 * with the reason alone; the caller adds the place.
 */
import type { CocoSegmentation } from '../detection/coco/coco-format.ts';
import { rleFromBox, rleFromPolygon } from './polygon.ts';
import { type Rle, rleMerge } from './rle.ts';
import { rleFromString, wrongTotal } from './rle-string.ts';

/** Numbers of a box. pycocotools takes a longer list for a polygon. */
const BOX_LENGTH = 4;

/** A run-length encoded mask; its compressed runs may be bytes, as in Python. */
export interface RleLike {
  readonly size: readonly [height: number, width: number];
  readonly counts: string | Uint8Array | readonly number[];
}

/**
 * An annotation's mask, as pycocotools' `annToRLE` makes it: polygons are drawn and united; an RLE, compressed or not,
 * keeps its own size whatever the image's. Polygons after the first may have fewer than three points; they cover
 * nothing.
 * @param height of the image, for polygons
 * @throws Error with a reason
 */
export function toRle(segmentation: CocoSegmentation, height: number, width: number): Rle {
  if (!isList(segmentation)) return rleFromCoco(segmentation);
  if (!isList(segmentation[0])) throw new Error('it has no polygon; expected a list of lists of numbers');
  return rleMerge(rlesFromPolygons(segmentation, height, width), false);
}

/** @throws Error with a reason */
export function rlesFromPolygons(polygons: readonly (readonly number[])[], height: number, width: number): Rle[] {
  checkSize(height, width);
  if (polygons[0].length <= BOX_LENGTH) {
    throw new Error(`polygon 0 has ${polygons[0].length} numbers; expected x, y of at least three points`);
  }
  return polygons.map((polygon, index) =>
    within(`polygon ${index}`, () => {
      checkNumbers(polygon);
      if (polygon.length % 2) {
        throw new Error(`it has ${polygon.length} numbers, an odd count; expected x, y of each point`);
      }
      return rleFromPolygon(polygon, height, width);
    }),
  );
}

/** @throws Error with a reason */
export function rlesFromBoxes(boxes: readonly (readonly number[])[], height: number, width: number): Rle[] {
  checkSize(height, width);
  return boxes.map((box, index) =>
    within(`box ${index}`, () => {
      checkBox(box);
      return rleFromBox(box, height, width);
    }),
  );
}

/** @throws Error with a reason */
export function checkBox(box: readonly number[]): void {
  if (!isList(box) || box.length !== BOX_LENGTH) throw new Error('expected a list of x, y, width and height');
  checkNumbers(box);
  if (!Number.isFinite(box[2] * box[3])) throw new Error(`${box[2]} × ${box[3]} is an area beyond what numbers hold`);
}

function checkNumbers(numbers: readonly number[]): void {
  if (!isList(numbers)) throw new Error('expected a list of numbers');
  for (let i = 0; i < numbers.length; i++) {
    // Also false for what is not a number.
    if (Number.isFinite(numbers[i])) continue;
    const value = typeof numbers[i] === 'number' ? numbers[i] : JSON.stringify(numbers[i]);
    throw new Error(`number ${i} is ${value}; expected a finite number`);
  }
}

/** A mask from its JSON, compressed or not; the text may be bytes. @throws Error with a reason */
export function rleFromCoco(rle: RleLike): Rle {
  if (typeof rle !== 'object' || rle === null) throw new Error('expected an object with size and counts');
  const { size, counts } = rle;
  if (!isList(size) || size.length !== 2) throw new Error('size: expected [height, width]');
  const [height, width] = size;
  checkSize(height, width);
  return within('counts', () => {
    if (typeof counts === 'string') return rleFromString(counts, height, width);
    if (counts instanceof Uint8Array) return rleFromString(Buffer.from(counts).toString('latin1'), height, width);
    if (!isList(counts)) throw new Error('expected a text or a list of numbers');
    return rleFromRuns(counts, height, width);
  });
}

function rleFromRuns(runs: readonly number[], height: number, width: number): Rle {
  let total = 0;
  for (const [index, run] of runs.entries()) {
    if (!Number.isInteger(run) || run < 0) {
      throw new Error(`run ${index} is ${run}; expected a whole number, not negative`);
    }
    total += run;
  }
  if (total !== height * width) throw new Error(wrongTotal(total, height, width));
  return { height, width, counts: Uint32Array.from(runs) };
}

/** @throws Error with a reason when the size is not that of a mask */
export function checkSize(height: number, width: number): void {
  for (const [name, value] of Object.entries({ height, width })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new Error(`the ${name} is ${value}; expected a whole number, not negative`);
    }
  }
  if (height * width >= 2 ** 32) {
    throw new Error(`${height} × ${width} pixels are too many for a mask; at most 2³² − 1`);
  }
}

/** `Array.isArray` does not narrow readonly lists. */
export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Adds the place to an error's reason. */
export function within<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${place}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

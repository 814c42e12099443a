/**
 * pycocotools' `mask` module: masks as COCO's run-length encoded JSON, `{ size: [height, width], counts }`, with the
 * same results bit for bit. Where pycocotools crashes or returns nonsense on malformed input, every function here
 * throws ResnetCocoError BAD_DATASET. Compressed runs are text, or bytes as in Python.
 */
import type { CocoBox } from '../../datasets/index.ts';
import { type Rle, rleArea, rleMerge, rleToBbox } from '../../datasets/masks/rle.ts';
import { type CompressedRle, compressed } from '../../datasets/masks/rle-string.ts';
import { rleFromRows, rleToRows } from '../../datasets/masks/row-major.ts';
import {
  checkBox,
  checkSize,
  isList,
  type RleLike,
  rleFromCoco,
  rlesFromBoxes,
  rlesFromPolygons,
  within,
} from '../../datasets/masks/segmentation.ts';
import { ResnetCocoError } from '../../errors.ts';
import { bbIou, rleIou } from './mask-iou.ts';

export type { CompressedRle } from '../../datasets/masks/rle-string.ts';
export type { RleLike } from '../../datasets/masks/segmentation.ts';

/** A mask as pixels, row by row: [H, W]; pixels other than 0 are inside. */
export interface BinaryMask {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Encodes a mask of pixels, or each mask of a list. */
export function encode(mask: BinaryMask): CompressedRle;
export function encode(masks: readonly BinaryMask[]): CompressedRle[];
export function encode(masks: BinaryMask | readonly BinaryMask[]): CompressedRle | CompressedRle[] {
  return each('encode', masks, ({ data, height, width }) => {
    checkSize(height, width);
    if (data.length !== height * width) {
      throw new Error(`data has ${data.length} pixels, but ${height} × ${width} are ${height * width}`);
    }
    return compressed(rleFromRows(data, height, width));
  });
}

/** Decodes a mask, or each mask of a list, to pixels 0 or 1. */
export function decode(rle: RleLike): BinaryMask;
export function decode(rles: readonly RleLike[]): BinaryMask[];
export function decode(rles: RleLike | readonly RleLike[]): BinaryMask | BinaryMask[] {
  return each('decode', rles, (rle) => {
    const runs = rleFromCoco(rle);
    const { height, width } = runs;
    return { data: rleToRows(runs), height, width };
  });
}

/** The union of masks of one size, or their intersection. */
export function merge(rles: readonly RleLike[], intersect = false): CompressedRle {
  return checked('merge', () => compressed(rleMerge(rlesOf(rles), intersect)));
}

/** Number of pixels in a mask, or in each mask of a list. */
export function area(rle: RleLike): number;
export function area(rles: readonly RleLike[]): number[];
export function area(rles: RleLike | readonly RleLike[]): number | number[] {
  return each('area', rles, (rle) => rleArea(rleFromCoco(rle)));
}

/** The smallest box around a mask, or around each mask of a list; of size 0 for an empty mask. */
export function toBbox(rle: RleLike): CocoBox;
export function toBbox(rles: readonly RleLike[]): CocoBox[];
export function toBbox(rles: RleLike | readonly RleLike[]): CocoBox | CocoBox[] {
  return each('toBbox', rles, (rle) => rleToBbox(rleFromCoco(rle)));
}

type Shapes = readonly RleLike[] | readonly (readonly number[])[];

/**
 * Intersection over union of each of D masks or boxes with each of G: D rows of G; no rows when a list is empty. With a
 * crowd, the union is the mask or box of `dt`. −1 for masks of images of different sizes.
 * @param iscrowd for each of `gt`: true or 1 for a crowd
 */
export function iou(dt: Shapes, gt: Shapes, iscrowd: readonly (boolean | number)[]): number[][] {
  return checked('iou', () => {
    if (!dt.length || !gt.length) return [];
    if (iscrowd.length !== gt.length) {
      throw new Error(`iscrowd has ${iscrowd.length} entries, but gt has ${gt.length}`);
    }
    const ious = iouOf(dt, gt, iscrowd);
    return Array.from({ length: dt.length }, (_, d) => [...ious.subarray(d * gt.length, (d + 1) * gt.length)]);
  });
}

function iouOf(dt: Shapes, gt: Shapes, iscrowd: readonly (boolean | number)[]): Float64Array {
  if (areBoxes(dt) && areBoxes(gt)) {
    const dtBoxes = within('dt', () => flatBoxes(dt));
    return bbIou(
      dtBoxes,
      within('gt', () => flatBoxes(gt)),
      iscrowd,
    );
  }
  if (areBoxes(dt) || areBoxes(gt)) {
    throw new Error('one of dt and gt has boxes, the other has masks; expected the same of both');
  }
  const dtRles = within('dt', () => rlesOf(dt));
  return rleIou(
    dtRles,
    within('gt', () => rlesOf(gt)),
    iscrowd,
  );
}

/**
 * Masks of polygons, boxes or uncompressed RLEs, or the mask of a single one. In a list of lists, the first decides for
 * all: four numbers mean boxes, more mean polygons.
 * @param height of the image, for polygons and boxes
 */
export function frPyObjects(object: readonly number[] | RleLike, height: number, width: number): CompressedRle;
export function frPyObjects(objects: Shapes, height: number, width: number): CompressedRle[];
export function frPyObjects(
  objects: readonly number[] | RleLike | Shapes,
  height: number,
  width: number,
): CompressedRle | CompressedRle[] {
  return checked('frPyObjects', () => {
    if (!isList(objects)) return compressed(rleFromCoco(objects));
    if (!objects.length) throw new Error('the list is empty');
    if (typeof objects[0] === 'number') {
      return compressed(rlesFromLists([objects as readonly number[]], height, width)[0]);
    }
    const rles = isList(objects[0])
      ? rlesFromLists(objects as readonly (readonly number[])[], height, width)
      : rlesOf(objects as readonly RleLike[]);
    return rles.map(compressed);
  });
}

function rlesFromLists(lists: readonly (readonly number[])[], height: number, width: number): Rle[] {
  return lists[0].length === 4 ? rlesFromBoxes(lists, height, width) : rlesFromPolygons(lists, height, width);
}

const areBoxes = (shapes: Shapes): shapes is readonly (readonly number[])[] => isList(shapes[0]);

/** Boxes in one array: [N, 4]. */
function flatBoxes(boxes: readonly (readonly number[])[]): Float64Array {
  const flat = new Float64Array(boxes.length * 4);
  for (const [index, box] of boxes.entries()) {
    within(`box ${index}`, () => checkBox(box));
    flat.set(box, index * 4);
  }
  return flat;
}

function rlesOf(rles: readonly RleLike[]): Rle[] {
  return rles.map((rle, index) => within(`mask ${index}`, () => rleFromCoco(rle)));
}

/** Applies `work` to one thing or to each of a list. */
function each<T, R>(name: string, things: T | readonly T[], work: (thing: T) => R): R | R[] {
  return checked(name, () =>
    isList(things)
      ? (things as readonly T[]).map((thing, index) => within(`mask ${index}`, () => work(thing)))
      : work(things as T),
  );
}

function checked<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ResnetCocoError('BAD_DATASET', `mask.${name}: ${reason}`, { cause: error });
  }
}

import type { CocoCategory, CocoImage, ImageId } from '../../datasets/index.ts';
import { areCoordinates, MOST } from '../../io/bounds.ts';
import { readJsonParts } from '../../io/json/large-json.ts';
import { statsOf } from '../../io/regular-file.ts';
import { type AnnotationTable, GrowingTable } from '../coco/annotation-table.ts';
import { checkDataset } from '../coco/check-dataset.ts';
import { AnnotationScanner } from './annotation-scanner.ts';

/** The ground truth of a file, its annotations in columns. */
export interface AnnotationColumns {
  readonly images: readonly CocoImage[];
  readonly categories: readonly CocoCategory[];
  /** Index of each image, by id. */
  readonly positions: ReadonlyMap<ImageId, number>;
  readonly table: AnnotationTable;
}

/**
 * Reads an annotation file for the evaluation of boxes without making objects of its annotations.
 *
 * @returns undefined when the file is no object, one of the lists is none, `checkDataset` warns of its images or categories, or
 *   `AnnotationReader` does not take all annotations or has no table of them: `COCO.load` then reads the file, or says
 *   what is wrong
 * @throws ResnetCocoError as `readJsonParts` and `checkDataset` do
 */
export function readAnnotationColumns(path: string): AnnotationColumns | undefined {
  const images: CocoImage[] = [];
  const categories: CocoCategory[] = [];
  const annotations = new AnnotationReader(Math.ceil((statsOf(path)?.size ?? 0) / LEAST_BYTES));
  for (const part of readJsonParts(path, 'BAD_DATASET', annotations.take, 'annotations')) {
    if (part.field === undefined) return undefined;
    if ('value' in part) {
      if (part.field === 'images' || part.field === 'annotations' || part.field === 'categories') return undefined;
      continue;
    }
    const elements = part.elements.parse();
    if (part.field === 'images') for (const image of elements) images.push(image as CocoImage);
    if (part.field === 'categories') for (const category of elements) categories.push(category as CocoCategory);
    if (part.field === 'annotations' && elements.length) return undefined;
  }
  if (checkDataset({ images, categories, annotations: [] }, path).length) return undefined;
  const positions = new Map(images.map(({ id }, position) => [id, position]));
  const table = annotations.tableOf(images, positions, new Set(categories.map(({ id }) => id)));
  return table && { images, categories, positions, table };
}

/** The shortest annotation that is read, with its comma. */
const LEAST_BYTES = '{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,0,0],"area":1},'.length;

class AnnotationReader {
  readonly #table: GrowingTable;
  readonly #ids: Float64Array;
  readonly #scanner = new AnnotationScanner();
  /** Row, height and width of each run-length encoded mask. */
  readonly #masks: (readonly [row: number, height: number, width: number])[] = [];

  /** @param most annotations that the file may have */
  constructor(most: number) {
    this.#ids = new Float64Array(most);
    this.#table = new GrowingTable(undefined, most, true);
  }

  /**
   * Takes an annotation that `AnnotationScanner` reads, with whole ids, a crowd of 0 or 1, and a box and area within
   * bounds. Rows have the id of the image until all images are read.
   */
  readonly take = (bytes: Uint8Array, begin: number, end: number): number => {
    const scanner = this.#scanner;
    const after = scanner.scan(bytes, begin, end);
    if (after < 0) return -1;
    const { area, box, categoryId, id, imageId, isCrowd, maskSize } = scanner;
    const isUsual =
      Number.isSafeInteger(id) &&
      id !== 0 &&
      (imageId | 0) === imageId &&
      Number.isSafeInteger(categoryId) &&
      (isCrowd === 0 || isCrowd === 1) &&
      area <= MOST.coordinate ** 2 &&
      areCoordinates(box) &&
      box[2] >= 0 &&
      box[3] >= 0;
    if (!isUsual) return -1;
    const table = this.#table;
    const row = table.length;
    table.addBox(imageId, categoryId, box, 1);
    table.areas[row] = area;
    table.crowds[row] = isCrowd;
    this.#ids[row] = id;
    if (!Number.isNaN(maskSize[0])) this.#masks.push([row, maskSize[0], maskSize[1]]);
    return after;
  };

  /** The table; undefined when ids repeat or are unknown, or a mask has not the size of its image. */
  tableOf(
    images: readonly CocoImage[],
    positions: ReadonlyMap<ImageId, number>,
    categories: ReadonlySet<number>,
  ): AnnotationTable | undefined {
    const table = this.#table;
    const ids = this.#ids.slice(0, table.length);
    const sorted = ids.slice().sort();
    for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) return undefined;
    for (let row = 0; row < table.length; row++) {
      const position = positions.get(table.images[row]);
      if (position === undefined || !categories.has(table.categories[row])) return undefined;
      table.images[row] = position;
    }
    for (const [row, height, width] of this.#masks) {
      const image = images[table.images[row]];
      if (image.height !== height || image.width !== width) return undefined;
    }
    return { ...table, ids };
  }
}

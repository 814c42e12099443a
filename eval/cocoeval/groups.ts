import type { CocoImage } from '../../datasets/index.ts';
import type { AnnotationTable } from '../coco/annotation-table.ts';
import type { Params } from './params.ts';
import { sortByBucket } from './stable-sort.ts';

/** Rows that evaluation leaves out. */
export interface RowsLeftOut {
  readonly isObjectLeftOut: (row: number) => boolean;
  readonly isDetectionLeftOut: (row: number) => boolean;
}

/** Which images and categories are evaluated. */
export interface Selection {
  /** By index in the data set: its index among the evaluated images, or -1. */
  readonly imageRanks: Int32Array;
  readonly images: number;
  /** By category id: its index among the evaluated categories. */
  readonly categoryRanks: ReadonlyMap<number, number>;
  readonly categories: number;
  /** Whether categories are evaluated separately. */
  readonly useCategories: boolean;
}

/**
 * What settings select.
 *
 * @param images of the data set
 */
export function selectionOf(images: readonly CocoImage[], { catIds, imgIds, useCats }: Params): Selection {
  const ranks = new Map(imgIds.map((id, rank) => [id, rank]));
  return {
    imageRanks: Int32Array.from(images, ({ id }) => ranks.get(id) ?? -1),
    images: imgIds.length,
    categoryRanks: new Map(catIds.map((id, rank) => [id, rank])),
    categories: catIds.length,
    useCategories: Boolean(useCats),
  };
}

/** Rows of a table, grouped by category and image. */
export interface Groups {
  /** Row numbers by category, then by image, then in table order. */
  readonly rows: Int32Array;
  /** Group g has the rows `starts[g]` to `starts[g + 1]`, its category and its image. */
  readonly starts: Int32Array;
  readonly categories: Int32Array;
  readonly images: Int32Array;
  readonly count: number;
}

/** Groups the selected rows. Without categories, an image is one group, sorted by category. */
export function groupRows(table: AnnotationTable, selection: Selection, isLeftOut: (row: number) => boolean): Groups {
  const { imageRanks, useCategories } = selection;
  const images = new Int32Array(table.length);
  const categories = ranksOfCategories(table, selection, isLeftOut);
  let kept: Int32Array = new Int32Array(table.length);
  let count = 0;
  for (let row = 0; row < table.length; row++) {
    if (categories[row] < 0) continue;
    images[row] = imageRanks[table.images[row]];
    kept[count++] = row;
  }
  kept = kept.subarray(0, count);
  const byImage = () => {
    kept = sortByBucket(kept, images, selection.images);
  };
  if (useCategories) byImage();
  kept = sortByBucket(kept, categories, selection.categories);
  if (!useCategories) {
    byImage();
    categories.fill(0);
  }
  return cut(kept, images, categories);
}

/** Rows by category, in table order; category k has those from `starts[k]` to `starts[k + 1]`. */
export interface CategoryRows {
  readonly rows: Int32Array;
  readonly starts: Int32Array;
}

/** The selected rows of each category. Without categories there is one, sorted by category. */
export function rowsByCategory(
  table: AnnotationTable,
  selection: Selection,
  isLeftOut: (row: number) => boolean,
): CategoryRows {
  const { categories, useCategories } = selection;
  const ranks = ranksOfCategories(table, selection, isLeftOut);
  const starts = new Int32Array(categories + 1);
  for (let row = 0; row < table.length; row++) if (ranks[row] >= 0) starts[ranks[row] + 1]++;
  for (let k = 0; k < categories; k++) starts[k + 1] += starts[k];
  // In shared memory, so that threads can evaluate different categories.
  const rows = new Int32Array(new SharedArrayBuffer(4 * starts[categories]));
  const next = starts.slice();
  for (let row = 0; row < table.length; row++) if (ranks[row] >= 0) rows[next[ranks[row]]++] = row;
  return { rows, starts: useCategories ? starts : Int32Array.of(0, rows.length) };
}

/** By row: the index of its category among the evaluated ones; -1 for a row that is not evaluated. */
function ranksOfCategories(
  table: AnnotationTable,
  { categoryRanks, imageRanks }: Selection,
  isLeftOut: (row: number) => boolean,
): Int32Array {
  const ranks = new Int32Array(table.length);
  let [lastId, lastRank] = [Number.NaN, -1];
  for (let row = 0; row < table.length; row++) {
    const id = table.categories[row];
    if (id !== lastId) [lastId, lastRank] = [id, categoryRanks.get(id) ?? -1];
    const image = table.images[row];
    const isKept = lastRank >= 0 && image >= 0 && imageRanks[image] >= 0 && !isLeftOut(row);
    ranks[row] = isKept ? lastRank : -1;
  }
  return ranks;
}

function cut(rows: Int32Array, images: Int32Array, categories: Int32Array): Groups {
  const starts = new Int32Array(rows.length + 1);
  const groupCategories = new Int32Array(rows.length);
  const groupImages = new Int32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const [category, image] = [categories[rows[i]], images[rows[i]]];
    if (count && groupCategories[count - 1] === category && groupImages[count - 1] === image) continue;
    starts[count] = i;
    groupCategories[count] = category;
    groupImages[count] = image;
    count++;
  }
  starts[count] = rows.length;
  return { rows, starts, categories: groupCategories, images: groupImages, count };
}

// N annotations.
import { isEmptySegmentation } from '../../datasets/detection/coco/empty-segmentation.ts';
import type { CocoAnnotation, CocoSegmentation, ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';

/**
 * Annotations or results in columns, as evaluation reads them, in a fifth of the memory of objects. Rows keep the
 * file's order.
 */
export interface AnnotationTable {
  readonly length: number;
  /** The annotation's id; results have no id in their file and are numbered from 1. */
  readonly ids: Float64Array | undefined;
  /** The image, as an index into the data set's images; -1 for an unknown image. */
  readonly images: Int32Array;
  readonly categories: Float64Array | Int32Array;
  /** `[N, 4]`: x, y, width, height. */
  readonly boxes: Float64Array;
  readonly areas: Float64Array;
  /** 1 for annotations, which have no score. */
  readonly scores: Float64Array;
  readonly crowds: Uint8Array;
  /** 1 when `num_keypoints` is 0. */
  readonly keypointless: Uint8Array;
  readonly segmentations: readonly (CocoSegmentation | undefined)[];
  readonly keypoints: readonly (readonly number[] | undefined)[];
}

/** The similarity of some rows of detections to some rows of objects, `[D, G]`; written to the start of `out`. */
export type Similarity = (detections: Int32Array, objects: Int32Array, out: Float64Array) => void;

/** A row to add; a missing score is 1, other missing values are 0. */
export interface AnnotationRow {
  readonly image: number;
  readonly category: number;
  readonly box: readonly number[];
  readonly area: number;
  readonly score?: number;
  readonly isCrowd?: boolean;
  readonly isKeypointless?: boolean;
  readonly segmentation?: CocoSegmentation | undefined;
  readonly keypoints?: readonly number[] | undefined;
}

/** An AnnotationTable that grows. */
export class GrowingTable implements AnnotationTable {
  length = 0;
  readonly ids: Float64Array | undefined;
  images: Int32Array;
  categories: Float64Array;
  boxes: Float64Array;
  areas: Float64Array;
  scores: Float64Array;
  crowds: Uint8Array;
  keypointless: Uint8Array;
  readonly segmentations: (CocoSegmentation | undefined)[] = [];
  readonly keypoints: (readonly number[] | undefined)[] = [];

  /**
   * @param ids of the rows to come; undefined for results
   * @param capacity expected number of rows; unused memory costs nothing
   * @param isShared whether threads share the columns, as long as these have not grown
   */
  constructor(ids?: Float64Array, capacity = 1024, isShared = false) {
    const memory = (bytes: number) => (isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    this.ids = ids;
    this.images = new Int32Array(memory(4 * capacity));
    this.categories = new Float64Array(memory(8 * capacity));
    this.boxes = new Float64Array(memory(32 * capacity));
    this.areas = new Float64Array(memory(8 * capacity));
    this.scores = new Float64Array(memory(8 * capacity));
    this.crowds = new Uint8Array(memory(capacity));
    this.keypointless = new Uint8Array(memory(capacity));
  }

  add(row: AnnotationRow): void {
    if (this.length === this.images.length) this.#grow();
    const { area, box, category, image, isCrowd, isKeypointless, keypoints, score, segmentation } = row;
    const at = this.length++;
    this.images[at] = image;
    this.categories[at] = category;
    for (let side = 0; side < 4; side++) this.boxes[4 * at + side] = box[side];
    this.areas[at] = area;
    this.scores[at] = score ?? 1;
    if (isCrowd) this.crowds[at] = 1;
    if (isKeypointless) this.keypointless[at] = 1;
    if (segmentation && !isEmptySegmentation(segmentation)) this.segmentations[at] = segmentation;
    if (keypoints) this.keypoints[at] = keypoints;
  }

  /** Adds a result that has only a box. */
  addBox(image: number, category: number, box: Float64Array, score: number): void {
    if (this.length === this.images.length) this.#grow();
    const at = this.length++;
    this.images[at] = image;
    this.categories[at] = category;
    for (let side = 0; side < 4; side++) this.boxes[4 * at + side] = box[side];
    this.areas[at] = box[2] * box[3];
    this.scores[at] = score;
  }

  #grow(): void {
    const length = 2 * this.images.length;
    this.images = resized(this.images, new Int32Array(length));
    this.categories = resized(this.categories, new Float64Array(length));
    this.boxes = resized(this.boxes, new Float64Array(4 * length));
    this.areas = resized(this.areas, new Float64Array(length));
    this.scores = resized(this.scores, new Float64Array(length));
    this.crowds = resized(this.crowds, new Uint8Array(length));
    this.keypointless = resized(this.keypointless, new Uint8Array(length));
  }
}

function resized<T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

export const idOf = (table: AnnotationTable, row: number): number => table.ids?.[row] ?? row + 1;

/** The error for a row, which names an annotation by its id and a result by its place. */
export const rowError = (table: AnnotationTable, row: number, problem: string): ResnetCocoError =>
  table.ids
    ? new ResnetCocoError('BAD_DATASET', `annotation ${idOf(table, row)}${problem}`)
    : new ResnetCocoError('BAD_RESULTS', `results[${row}]${problem}`);

export const boxOf = ({ boxes }: AnnotationTable, row: number): [number, number, number, number] => [
  boxes[4 * row],
  boxes[4 * row + 1],
  boxes[4 * row + 2],
  boxes[4 * row + 3],
];

/** Returns a row as the object that pycocotools has for it. */
export function annotationOf(table: AnnotationTable, row: number, imageIds: readonly ImageId[]): CocoAnnotation {
  const [segmentation, keypoints] = [table.segmentations[row], table.keypoints[row]];
  const annotation = {
    id: idOf(table, row),
    image_id: imageIds[table.images[row]],
    category_id: table.categories[row],
    bbox: boxOf(table, row),
    area: table.areas[row],
    iscrowd: table.crowds[row] as 0 | 1,
    score: table.scores[row],
  };
  return { ...annotation, ...(segmentation && { segmentation }), ...(keypoints && { keypoints }) };
}

import { linesOf } from '../../../io/text-file.ts';
import type { ImageSize } from '../../images/image-size.ts';
import type { CocoBox } from '../coco/coco-format.ts';
import type { LineFinding } from '../problems.ts';

/** An object of a YOLO label file, in pixels. */
export interface YoloObject {
  readonly line: number;
  /** Its class, counted from 0. */
  readonly index: number;
  readonly bbox: CocoBox;
  readonly area: number;
  /** Only for a line with a polygon. */
  readonly segmentation?: readonly (readonly number[])[];
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INDEX = /^\d+(\.0*)?$/;
/** Fractions of an image are 0 to 1; numbers above this are pixels. */
const MAX_FRACTION = 2;
/** Fractions give pixels to about sixteen digits; digits beyond these are noise. */
const PIXEL_DIGITS = 9;

const pixel = (value: number): number => Number(value.toFixed(PIXEL_DIGITS));

/** A line of a label file: its class and numbers as text. */
export interface YoloRow {
  readonly line: number;
  readonly columns: readonly string[];
}

/** The lines of a label file without blank ones. */
export function yoloRows(text: string): YoloRow[] {
  const rows = linesOf(text).map((line, at) => ({ line: at + 1, columns: line.trim().split(/\s+/) }));
  return rows.filter(({ columns }) => columns[0] !== '');
}

/** Drops rows that repeat an earlier row: they are the same object. */
export function distinctRows(rows: readonly YoloRow[]): YoloRow[] {
  const seen = new Set<string>();
  return rows.filter(({ columns }) => {
    const key = columns.map((text) => (NUMBER.test(text) ? Number(text) : text)).join(' ');
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Parses the lines of a label file. Unusable lines are reported and left out. */
export function parseYoloLabels(
  rows: readonly YoloRow[],
  classes: number,
  image: ImageSize,
  onError: (found: LineFinding) => void,
): YoloObject[] {
  const objects: YoloObject[] = [];
  for (const { line, columns } of rows) {
    const found = findInLine(columns, classes);
    if (found) onError({ line, ...found });
    else objects.push({ line, index: Number(columns[0]), ...shapeOf(columns.slice(1).map(Number), image) });
  }
  return objects;
}

function findInLine(columns: readonly string[], classes: number): Omit<LineFinding, 'line'> | undefined {
  const [index] = columns;
  if (!INDEX.test(index)) {
    const message = 'a line begins with the number of its class, counted from 0';
    return { kind: 'wrong type', field: 'class', value: index, message };
  }
  if (Number(index) >= classes) {
    const message = `there are ${classes} names, so that classes go from 0 to ${classes - 1}; add its name, or correct it`;
    return { kind: 'unknown reference', field: 'class', value: Number(index), message };
  }
  if (columns.length !== 5 && (columns.length < 7 || columns.length % 2 === 0)) {
    const score = columns.length === 6 ? '; six are a detection and its score, not an annotation' : '';
    const points = columns.length % 3 === 2 ? '; keypoints behind a box are not supported' : '';
    const message = `expected class x y width height, or class and at least three points${score}${points}`;
    return { kind: 'wrong value', field: 'number of columns', value: columns.length, message };
  }
  for (const [at, text] of columns.entries()) {
    const field = columns.length === 5 ? ['class', 'x', 'y', 'width', 'height'][at] : `column ${at + 1}`;
    if (!NUMBER.test(text)) return { kind: 'wrong type', field, value: text, message: 'it must be a number' };
    if (at > 0 && Math.abs(Number(text)) > MAX_FRACTION) {
      const message = "it must be a fraction of the image's width or height, from 0 to 1; it looks like pixels";
      return { kind: 'wrong value', field, value: Number(text), message };
    }
  }
  return undefined;
}

function shapeOf(numbers: readonly number[], { width, height }: ImageSize): Omit<YoloObject, 'line' | 'index'> {
  if (numbers.length === 4) {
    const [centerX, centerY, w, h] = numbers;
    const corner: CocoBox = [(centerX - w / 2) * width, (centerY - h / 2) * height, w * width, h * height];
    const bbox: CocoBox = [pixel(corner[0]), pixel(corner[1]), pixel(corner[2]), pixel(corner[3])];
    return { bbox, area: bbox[2] * bbox[3] };
  }
  const points = numbers.map((value, at) => pixel(value * (at % 2 ? height : width)));
  const xs = points.filter((_, at) => at % 2 === 0);
  const ys = points.filter((_, at) => at % 2 === 1);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const bbox: CocoBox = [left, top, pixel(Math.max(...xs) - left), pixel(Math.max(...ys) - top)];
  return { bbox, area: polygonArea(xs, ys), segmentation: [points] };
}

/** By the shoelace formula. */
function polygonArea(xs: readonly number[], ys: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < xs.length; i++) {
    const next = (i + 1) % xs.length;
    twice += xs[i] * ys[next] - xs[next] * ys[i];
  }
  return Math.abs(twice) / 2;
}

/** The line of a box, with enough digits to restore it. */
export function formatYoloLine(index: number, [x, y, w, h]: CocoBox, { width, height }: ImageSize): string {
  return [index, (x + w / 2) / width, (y + h / 2) / height, w / width, h / height].join(' ');
}

/** The line of a polygon, x1, y1, x2, y2 … in pixels. */
export const formatYoloPolygon = (index: number, points: readonly number[], { width, height }: ImageSize): string =>
  [index, ...points.map((value, at) => value / (at % 2 ? height : width))].join(' ');

/**
 * Which boxes overlap enough to be one object: as SAHI measures it, in single precision (`compute_metric_matrix`).
 * B boxes are a Float32Array of 4 B numbers, [x1, y1, x2, y2].
 */
import { boxAreas } from '../ops/boxes.ts';

/** What the intersection of two boxes is divided by: their union, or the smaller of them. */
export const overlapMetrics = ['ios', 'iou'] as const;
export type OverlapMetric = (typeof overlapMetrics)[number];

const { fround } = Math;

/** Cells of a side of the grid that boxes are found by. */
const CELLS = 64;

/** Finds the boxes that overlap one: in a grid, since an image of many tiles has a hundred thousand boxes. */
export class BoxOverlaps {
  readonly #boxes: Float32Array;
  readonly #areas: Float32Array;
  readonly #metric: OverlapMetric;
  readonly #threshold: number;
  /** Rows of the boxes in each cell. */
  readonly #cells: number[][] = Array.from({ length: CELLS * CELLS }, () => []);
  readonly #cellSize: readonly [width: number, height: number];
  readonly #origin: readonly [x: number, y: number];
  /** By row: the last row that it was compared with, since large boxes share many cells. */
  readonly #compared: Int32Array;

  /** @param threshold the least overlap, above 0 */
  constructor(boxes: Float32Array, metric: OverlapMetric, threshold: number) {
    this.#boxes = boxes;
    this.#areas = boxAreas(boxes);
    this.#metric = metric;
    this.#threshold = fround(threshold);
    this.#compared = new Int32Array(boxes.length >> 2).fill(-1);
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let b = 0; b < boxes.length; b += 4) {
      left = Math.min(left, boxes[b]);
      top = Math.min(top, boxes[b + 1]);
      right = Math.max(right, boxes[b + 2]);
      bottom = Math.max(bottom, boxes[b + 3]);
    }
    this.#origin = [left, top];
    this.#cellSize = [Math.max((right - left) / CELLS, 1), Math.max((bottom - top) / CELLS, 1)];
    for (let row = 0; row < boxes.length >> 2; row++) for (const cell of this.#cellsOf(row)) cell.push(row);
  }

  /** Rows of the boxes that overlap a box by the threshold or more, itself left out, in order. */
  of(row: number): number[] {
    const rows: number[] = [];
    for (const cell of this.#cellsOf(row)) {
      for (const other of cell) {
        if (other === row || this.#compared[other] === row) continue;
        this.#compared[other] = row;
        if (this.#overlap(row, other) >= this.#threshold) rows.push(other);
      }
    }
    return rows.sort((a, b) => a - b);
  }

  *#cellsOf(row: number): Generator<number[], void> {
    const at = (value: number, axis: 0 | 1) =>
      Math.min(Math.max(Math.floor((value - this.#origin[axis]) / this.#cellSize[axis]), 0), CELLS - 1);
    const [x1, y1, x2, y2] = this.#boxes.subarray(4 * row, 4 * row + 4);
    for (let y = at(y1, 1); y <= at(y2, 1); y++) {
      for (let x = at(x1, 0); x <= at(x2, 0); x++) yield this.#cells[y * CELLS + x];
    }
  }

  #overlap(row: number, other: number): number {
    const boxes = this.#boxes;
    const [a, b] = [4 * row, 4 * other];
    const width = Math.max(0, fround(Math.min(boxes[a + 2], boxes[b + 2]) - Math.max(boxes[a], boxes[b])));
    const height = Math.max(0, fround(Math.min(boxes[a + 3], boxes[b + 3]) - Math.max(boxes[a + 1], boxes[b + 1])));
    const intersection = fround(width * height);
    const [area, otherArea] = [this.#areas[row], this.#areas[other]];
    const whole = this.#metric === 'iou' ? fround(fround(area + otherArea) - intersection) : Math.min(area, otherArea);
    return whole > 0 ? fround(intersection / whole) : 0;
  }
}

/** Whether two boxes overlap by more than a threshold, in double precision (SAHI's `has_match`). */
export function overlapsMore(
  [ax1, ay1, ax2, ay2]: readonly number[],
  [bx1, by1, bx2, by2]: readonly number[],
  metric: OverlapMetric,
  threshold: number,
): boolean {
  const intersection =
    Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1)) * Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  const [a, b] = [(ax2 - ax1) * (ay2 - ay1), (bx2 - bx1) * (by2 - by1)];
  return intersection / (metric === 'iou' ? a + b - intersection : Math.min(a, b)) > threshold;
}

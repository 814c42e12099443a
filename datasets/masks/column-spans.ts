import type { Rle } from './rle.ts';

/** Tops and bottoms (exclusive) by turns, from top to bottom. */
export type Spans = readonly number[];

/** The runs inside a mask, column by column. */
export class ColumnSpans {
  readonly #height: number;
  /** The runs of column x are those from `#first[x]` on, before `#first[x + 1]`. */
  readonly #first: Uint32Array;
  /** Where each run begins and ends in the mask, [W, H]. */
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  /** The columns that have pixels: from `left` on, before `right`. */
  readonly left: number;
  readonly right: number;

  constructor({ counts, height, width }: Rle) {
    const runs = counts.length >> 1;
    this.#height = height;
    this.#starts = new Uint32Array(runs);
    this.#ends = new Uint32Array(runs);
    for (let run = 0, end = 0; run < runs; run++) {
      this.#starts[run] = end + counts[2 * run];
      end = this.#starts[run] + counts[2 * run + 1];
      this.#ends[run] = end;
    }
    // A run over several columns is in the list of each.
    this.#first = new Uint32Array(width + 1);
    for (let x = 0, run = 0; x <= width; x++) {
      while (run < runs && this.#ends[run] <= x * height) run++;
      this.#first[x] = run;
    }
    this.left = runs ? Math.floor(this.#starts[0] / height) : 0;
    this.right = runs ? Math.ceil(this.#ends[runs - 1] / height) : 0;
  }

  /** The rows of a column that are inside. */
  at(x: number): Spans {
    const spans: number[] = [];
    const [top, bottom] = [x * this.#height, (x + 1) * this.#height];
    for (let run = this.#first[x]; run < this.#starts.length && this.#starts[run] < bottom; run++) {
      const [start, end] = [Math.max(this.#starts[run], top), Math.min(this.#ends[run], bottom)];
      if (end > start) spans.push(start - top, end - top);
    }
    return spans;
  }
}

/** Rows that are in both. */
export function commonSpans(a: Spans, b: Spans): Spans {
  const common: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [top, bottom] = [Math.max(a[i], b[j]), Math.min(a[i + 1], b[j + 1])];
    if (bottom > top) common.push(top, bottom);
    if (a[i + 1] < b[j + 1]) i += 2;
    else j += 2;
  }
  return common;
}

/**
 * The mask of these rows.
 *
 * @param spansAt the rows of a column that are inside; asked for the columns from `left` on, before `right`
 */
export function rleFromSpans(
  { height, width }: Pick<Rle, 'height' | 'width'>,
  left: number,
  right: number,
  spansAt: (x: number) => Spans,
): Rle {
  const runs: number[] = [];
  /** Where the last run of ones ends. */
  let behind = 0;
  for (let x = left; x < right; x++) {
    const spans = spansAt(x);
    for (let i = 0; i < spans.length; i += 2) {
      const [start, end] = [x * height + spans[i], x * height + spans[i + 1]];
      // A run goes on at the top of the next column.
      if (start === behind && runs.length) runs[runs.length - 1] += end - start;
      else runs.push(start - behind, end - start);
      behind = end;
    }
  }
  // No mask ends with an empty run.
  if (behind < height * width) runs.push(height * width - behind);
  return { height, width, counts: Uint32Array.from(runs) };
}

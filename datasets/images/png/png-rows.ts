import type { PngHeader } from './png-header.ts';

/** A pass of an interlaced picture, or the whole picture: every `stepX`-th pixel of every `stepY`-th row. */
export interface PngPass {
  readonly x0: number;
  readonly y0: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  /** Bytes of one row, including its filter byte. */
  readonly rowBytes: number;
}

/** Adam7: first column and row, and the steps to the next ones. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function pngPasses({ width, height, depth, channels, interlaced }: PngHeader): PngPass[] {
  return (interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const)).map(([x0, y0, stepX, stepY]) => {
    const columns = Math.max(0, Math.ceil((width - x0) / stepX));
    const rows = Math.max(0, Math.ceil((height - y0) / stepY));
    return { x0, y0, stepX, stepY, columns, rows, rowBytes: 1 + Math.ceil((columns * depth * channels) / 8) };
  });
}

/** Undoes the filters of rows (PNG, section 9), which predict a byte from its left and upper neighbors. */
export class RowFilter {
  /** The row to fill: its filter byte, then its samples. */
  row: Uint8Array;
  #above: Uint8Array;
  /** Bytes between a byte and the same byte of the pixel to the left. */
  readonly #distance: number;

  constructor({ width, depth, channels }: PngHeader) {
    const bits = depth * channels;
    this.#distance = Math.max(1, bits >> 3);
    this.row = new Uint8Array(1 + Math.ceil((width * bits) / 8));
    this.#above = new Uint8Array(this.row.length);
  }

  /** Call before filling a row. */
  begin(rowBytes: number, isFirst: boolean): void {
    [this.row, this.#above] = [this.#above, this.row];
    if (isFirst) this.#above.fill(0, 0, rowBytes);
  }

  /** Turns the filled row into samples. @throws Error when the filter does not exist */
  undo(rowBytes: number): void {
    const { row } = this;
    const above = this.#above;
    const distance = this.#distance;
    const first = Math.min(1 + distance, rowBytes);
    switch (row[0]) {
      case 0:
        return;
      case 1:
        for (let i = first; i < rowBytes; i++) row[i] += row[i - distance];
        return;
      case 2:
        for (let i = 1; i < rowBytes; i++) row[i] += above[i];
        return;
      case 3:
        for (let i = 1; i < first; i++) row[i] += above[i] >> 1;
        for (let i = first; i < rowBytes; i++) row[i] += (row[i - distance] + above[i]) >> 1;
        return;
      case 4:
        for (let i = 1; i < first; i++) row[i] += above[i];
        for (let i = first; i < rowBytes; i++) {
          const left = row[i - distance];
          const up = above[i];
          const corner = above[i - distance];
          const toLeft = Math.abs(up - corner);
          const toUp = Math.abs(left - corner);
          const toCorner = Math.abs(left + up - 2 * corner);
          row[i] += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
        }
        return;
      default:
        throw new Error(`a row has the filter ${row[0]}, which does not exist`);
    }
  }
}

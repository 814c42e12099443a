import type { BitReader, HuffmanTable } from './jpeg-huffman.ts';

/** A component of a frame during decoding. */
export interface CodedComponent {
  readonly h: number;
  readonly v: number;
  /** Blocks of 8×8 samples that hold the picture, and those stored, in whole MCUs. */
  readonly columns: number;
  readonly rows: number;
  readonly storedColumns: number;
  /** 64 per stored block, in natural order, not zigzag: of the whole picture, or of one row of MCUs after another. */
  readonly coefficients: Int16Array;
  dcTable?: HuffmanTable | undefined;
  acTable?: HuffmanTable | undefined;
  /** DC coefficient of the last block. */
  dc: number;
}

export interface JpegScan {
  readonly components: readonly CodedComponent[];
  readonly progressive: boolean;
  /** First and last coefficient, in zigzag order. */
  readonly first: number;
  readonly last: number;
  /** The bit that this scan refines, if it does, and the lowest bit that it codes. */
  readonly high: number;
  readonly low: number;
  /** MCUs between restarts; 0 means none. */
  readonly restartInterval: number;
}

/** Natural index of each coefficient in zigzag order. The 16 extra entries catch damaged runs. */
export const ZIGZAG = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48],
  ...[41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15],
  ...[23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
  ...Array<number>(16).fill(63),
);

/** Decodes a block with coefficients from `at`. */
type DecodeBlock = (component: CodedComponent, at: number) => void;

/**
 * Decodes a Huffman-coded scan into its components' coefficients (ITU T.81, annexes F and G), and stops after each row of
 * MCUs. Damaged bits give wrong coefficients, as in libjpeg.
 *
 * @param mcuColumns MCUs per row of the frame
 * @param mcuRows rows of MCUs in the frame
 * @param isWhole whether the components have coefficients of the whole picture; else each row takes the place of the last
 * @yields the row's number; a row of a scan of one component has one block of height
 */
export function* scanRows(
  scan: JpegScan,
  bits: BitReader,
  mcuColumns: number,
  mcuRows: number,
  isWhole: boolean,
): Generator<number, void> {
  const { components, restartInterval } = scan;
  const bands = new Bands(scan, bits);
  const decode: DecodeBlock = !scan.progressive
    ? bands.sequential
    : scan.first === 0
      ? scan.high === 0
        ? bands.dcFirst
        : bands.dcRefined
      : scan.high === 0
        ? bands.acFirst
        : bands.acRefined;
  const [only] = components;
  const interleaved = components.length > 1;
  const [columns, rows] = interleaved ? [mcuColumns, mcuRows] : [only.columns, only.rows];
  let untilRestart = restartInterval || Number.POSITIVE_INFINITY;
  bands.restart();
  for (let row = 0; row < rows; row++) {
    const y = isWhole ? row : 0;
    for (let x = 0; x < columns; x++) {
      if (untilRestart-- === 0) {
        bits.restart();
        bands.restart();
        untilRestart = restartInterval - 1;
      }
      if (!interleaved) {
        decode(only, (y * only.storedColumns + x) * 64);
        continue;
      }
      for (const component of components) {
        const { h, v, storedColumns } = component;
        for (let i = 0; i < v; i++) {
          for (let j = 0; j < h; j++) decode(component, ((y * v + i) * storedColumns + x * h + j) * 64);
        }
      }
    }
    yield row;
  }
}

/** The five ways a scan codes a block. */
class Bands {
  readonly #scan: JpegScan;
  readonly #bits: BitReader;
  /** Number of blocks left without further coefficients in this band. */
  #endOfBandRun = 0;

  constructor(scan: JpegScan, bits: BitReader) {
    this.#scan = scan;
    this.#bits = bits;
  }

  restart(): void {
    this.#endOfBandRun = 0;
    for (const component of this.#scan.components) component.dc = 0;
  }

  readonly sequential: DecodeBlock = (component, at) => {
    const bits = this.#bits;
    const { coefficients, dcTable, acTable } = component;
    component.dc += bits.readSigned(bits.decode(dcTable!) & 15);
    coefficients[at] = component.dc;
    for (let k = 1; k < 64; k++) {
      const code = bits.decode(acTable!);
      const size = code & 15;
      const run = code >> 4;
      if (size === 0) {
        if (run < 15) return;
        k += 15;
        continue;
      }
      k += run;
      coefficients[at + ZIGZAG[k]] = bits.readSigned(size);
    }
  };

  readonly dcFirst: DecodeBlock = (component, at) => {
    const bits = this.#bits;
    component.dc += bits.readSigned(bits.decode(component.dcTable!) & 15);
    component.coefficients[at] = component.dc << this.#scan.low;
  };

  readonly dcRefined: DecodeBlock = ({ coefficients }, at) => {
    if (this.#bits.read(1)) coefficients[at] |= 1 << this.#scan.low;
  };

  readonly acFirst: DecodeBlock = ({ coefficients, acTable }, at) => {
    if (this.#endOfBandRun > 0) {
      this.#endOfBandRun--;
      return;
    }
    const bits = this.#bits;
    const { first, last, low } = this.#scan;
    for (let k = first; k <= last; k++) {
      const code = bits.decode(acTable!);
      const size = code & 15;
      const run = code >> 4;
      if (size === 0) {
        if (run < 15) {
          this.#endOfBandRun = (1 << run) + bits.read(run) - 1;
          return;
        }
        k += 15;
        continue;
      }
      k += run;
      coefficients[at + ZIGZAG[k]] = bits.readSigned(size) << low;
    }
  };

  readonly acRefined: DecodeBlock = ({ coefficients, acTable }, at) => {
    const bits = this.#bits;
    const { first, last, low } = this.#scan;
    const bit = 1 << low;
    let k = first;
    if (this.#endOfBandRun === 0) {
      for (; k <= last; k++) {
        const code = bits.decode(acTable!);
        let run = code >> 4;
        let value = 0;
        if (code & 15) {
          value = bits.read(1) ? bit : -bit;
        } else if (run < 15) {
          this.#endOfBandRun = (1 << run) + bits.read(run);
          break;
        }
        // Skips `run` zero coefficients, and refines each nonzero one on the way with one bit.
        for (; k <= last; k++) {
          const place = at + ZIGZAG[k];
          if (coefficients[place] !== 0) this.#refine(coefficients, place, bit);
          else if (run-- === 0) break;
        }
        if (value !== 0 && k <= last) coefficients[at + ZIGZAG[k]] = value;
      }
    }
    if (this.#endOfBandRun > 0) {
      for (; k <= last; k++) {
        const place = at + ZIGZAG[k];
        if (coefficients[place] !== 0) this.#refine(coefficients, place, bit);
      }
      this.#endOfBandRun--;
    }
  };

  #refine(coefficients: Int16Array, place: number, bit: number): void {
    const value = coefficients[place];
    if (this.#bits.read(1) && (value & bit) === 0) coefficients[place] = value + (value < 0 ? -bit : bit);
  }
}

import { type Rle, rleArea } from '../../datasets/masks/rle.ts';
import { type CompressedRle, rleToString } from '../../datasets/masks/rle-string.ts';
import { rleToRows } from '../../datasets/masks/row-major.ts';

/** The pixels of an object, of the size of the image: COCO's compressed run-length encoding, and a bitmap on demand. */
export class DetectedMask {
  /** Height and width of the image. */
  readonly size: readonly [height: number, width: number];
  /** Runs of pixels outside and inside by turns, down the columns. */
  readonly rle: Rle;
  #counts: string | undefined;

  constructor(rle: Rle) {
    this.rle = rle;
    this.size = [rle.height, rle.width];
  }

  /** The runs as COCO's files have them. */
  get counts(): string {
    this.#counts ??= rleToString(this.rle);
    return this.#counts;
  }

  /** How many pixels it has. */
  get area(): number {
    return rleArea(this.rle);
  }

  /** `[H, W]`, row by row: 1 inside, 0 outside. */
  bitmap(): Uint8Array {
    return rleToRows(this.rle);
  }

  /** As `segmentation` of COCO's results. */
  toJSON(): CompressedRle {
    return { size: this.size, counts: this.counts };
  }
}

import { orient } from './exif-orientation.ts';
import type { DecodedImage, Image, ImageSource } from './image.ts';
import { openImageRows } from './image-rows.ts';
import type { ImageSize } from './image-size.ts';

/** An image that is reduced by a whole factor while its rows arrive: each pixel is the mean of a square. */
export class ReducedImage {
  readonly #size: ImageSize;
  readonly #factor: number;
  readonly #image: Image;
  /** Of the squares that the current row is in. */
  readonly #sums: Uint32Array;
  #y = 0;

  /** @param size of the rows @param factor from 1 to 4096 */
  constructor(size: ImageSize, factor: number) {
    this.#size = size;
    this.#factor = factor;
    const [width, height] = [Math.ceil(size.width / factor), Math.ceil(size.height / factor)];
    this.#image = { width, height, data: new Uint8Array(width * height * 3) };
    this.#sums = new Uint32Array(width * 3);
  }

  /** Takes the next row. */
  add(row: Uint8Array): void {
    const factor = this.#factor;
    const sums = this.#sums;
    for (let x = 0, o = 0, p = 0; x < this.#size.width; x += factor, o += 3) {
      const end = 3 * Math.min(x + factor, this.#size.width);
      for (; p < end; p += 3) {
        sums[o] += row[p];
        sums[o + 1] += row[p + 1];
        sums[o + 2] += row[p + 2];
      }
    }
    this.#y++;
    if (this.#y % factor === 0 || this.#y === this.#size.height) this.#finishRow();
  }

  #finishRow(): void {
    const { data, width } = this.#image;
    const rows = ((this.#y - 1) % this.#factor) + 1;
    const row = Math.floor((this.#y - 1) / this.#factor);
    for (let x = 0, o = 0, at = row * width * 3; x < width; x++) {
      const count = rows * Math.min(this.#factor, this.#size.width - x * this.#factor);
      for (let channel = 0; channel < 3; channel++, o++) data[at++] = Math.round(this.#sums[o] / count);
    }
    this.#sums.fill(0);
  }

  /** The reduced image, once all rows were added. */
  get image(): Image {
    return this.#image;
  }
}

/** An image that is not decoded at once is reduced to about this many pixels where the whole of it is needed. */
export const REDUCED_PIXELS = 2 ** 24;

/** The whole factor that reduces an image to at most this many pixels. */
export const reductionTo = ({ height, width }: ImageSize, pixels: number): number =>
  Math.max(1, Math.ceil(Math.sqrt((width * height) / pixels)));

/**
 * An image, reduced by a whole factor if it is too large to be decoded at once.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image
 */
export async function readReduced(
  source: ImageSource,
): Promise<{ readonly image: DecodedImage; readonly factor: number }> {
  const rows = await openImageRows(source);
  try {
    const { format, orientation, whole } = rows;
    if (whole) return { image: whole, factor: 1 };
    const factor = reductionTo(rows, REDUCED_PIXELS);
    const reduced = new ReducedImage(rows, factor);
    for await (const row of rows.rows) reduced.add(row);
    return { image: { ...orient(reduced.image, orientation), format }, factor };
  } finally {
    await rows.close();
  }
}

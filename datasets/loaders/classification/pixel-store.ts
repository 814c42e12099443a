import { ResnetCocoError } from '../../../errors.ts';
import type { ClassificationDataset } from '../../classification/classification-dataset.ts';
import type { Image, ImageSource } from '../../images/image.ts';
import { checkedImage } from '../../images/read-image.ts';

/** All pictures of a data set in shared memory. */
export interface PixelStore {
  readonly pixels: Uint8Array;
  /** Width and height of each picture. */
  readonly sizes: Int32Array;
  /** Where the pixels of each picture begin. */
  readonly offsets: Float64Array;
}

/** Whether a source needs no decoding. */
export const isDecoded = (source: ImageSource): source is Image =>
  typeof source !== 'string' && !(source instanceof URL) && !(source instanceof Uint8Array);

/**
 * @throws ResnetCocoError BAD_DATASET when only some pictures are in memory
 * @throws ResnetCocoError BAD_IMAGE when a picture is not valid
 */
export function storePixels(dataset: ClassificationDataset): PixelStore {
  const images = Array.from({ length: dataset.length }, (_, index) => {
    const source = dataset.image(index);
    if (isDecoded(source)) return checkedImage(source);
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${dataset.nameOf(index)}: not decoded as the first image is; give all as pixels, or none`,
    );
  });
  const sizes = new Int32Array(new SharedArrayBuffer(images.length * 8));
  const offsets = new Float64Array(new SharedArrayBuffer(images.length * 8));
  const bytes = images.reduce((sum, { data }) => sum + data.length, 0);
  const pixels = new Uint8Array(new SharedArrayBuffer(bytes));
  let offset = 0;
  for (const [index, { width, height, data }] of images.entries()) {
    sizes.set([width, height], index * 2);
    offsets[index] = offset;
    pixels.set(data, offset);
    offset += data.length;
  }
  return { pixels, sizes, offsets };
}

/** Returns a view of a picture; callers must not write to it. */
export function storedPicture({ pixels, sizes, offsets }: PixelStore, index: number): Image {
  const [width, height] = [sizes[index * 2], sizes[index * 2 + 1]];
  return { width, height, data: pixels.subarray(offsets[index], offsets[index] + width * height * 3) };
}

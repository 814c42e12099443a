/**
 * A batch of images of different sizes, zero-padded right and below to one size that every stride of the network
 * divides. Equal to `torchvision/models/detection/transform.py: batch_images`, channels last.
 */
import type { ImageSize } from './boxes.ts';

const CHANNELS = 3;

/** An image that is resized and normalized. */
export interface PreparedImage extends ImageSize {
  /** [height, width, 3] */
  readonly data: Float32Array;
}

export interface ImageList {
  /** [N, padded height, padded width, 3] */
  readonly data: Float32Array;
  readonly shape: readonly [images: number, height: number, width: number, channels: number];
  /** The size of the padded batch. */
  readonly padded: ImageSize;
  /** The size of each image before padding. */
  readonly sizes: readonly ImageSize[];
}

const roundUp = (size: number, multiple: number) => Math.ceil(size / multiple) * multiple;

/** @param sizeDivisible Both sides of the batch become multiples of this. */
export function batchImages(images: readonly PreparedImage[], sizeDivisible: number): ImageList {
  const height = roundUp(Math.max(0, ...images.map((image) => image.height)), sizeDivisible);
  const width = roundUp(Math.max(0, ...images.map((image) => image.width)), sizeDivisible);
  const data = new Float32Array(images.length * height * width * CHANNELS);
  for (const [n, image] of images.entries()) {
    const row = image.width * CHANNELS;
    if (image.data.length !== image.height * row) {
      throw new RangeError(`an image of ${image.height}x${image.width} has ${image.data.length} numbers`);
    }
    for (let y = 0; y < image.height; y++) {
      data.set(image.data.subarray(y * row, (y + 1) * row), (n * height + y) * width * CHANNELS);
    }
  }
  return {
    data,
    shape: [images.length, height, width, CHANNELS],
    padded: { height, width },
    sizes: images.map((image) => ({ height: image.height, width: image.width })),
  };
}

import { shownValue } from './shown-value.ts';

/**
 * Upper bounds of numbers in configurations, settings and flags: far above what anyone uses, and small enough that a
 * typing error or a hostile file cannot block a machine for hours or exhaust its memory.
 */
export const MOST = {
  /** Pixels per side of a network's input. */
  side: 8192,
  /** Pixels of a network's input: of a padded image, or of all images of a batch. */
  pixels: 2 ** 24,
  batchPixels: 2 ** 26,
  /**
   * Distance of boxes, polygons and keypoints from an image's corner, in pixels. This is the limit for drawing
   * polygons, whose corners are 32-bit integers on a grid five times as fine as the pixels.
   */
  coordinate: Math.trunc(2 ** 31 / 5),
  /** Coordinates of a detection: anything whose area is still a finite number. */
  detection: 1e150,
  /** Square pixels of an object, as a person names them. */
  area: 1e12,
  /** Images of a data set that a person asks for. */
  images: 1e9,
  /** Images per batch. */
  batch: 65_536,
  classes: 100_000,
  /** Joints of an object. */
  keypoints: 1000,
  channels: 8192,
  /** Trainable parameters. */
  parameters: 2 ** 29,
  epochs: 100_000,
  steps: 1e9,
  /** Candidate boxes per image; suppression compares all pairs. */
  boxes: 20_000,
  threads: 1024,
  /** Images or batches made ahead. */
  ahead: 2 ** 20,
  /** For the command line; far lower rates already diverge. The library's bound is single precision. */
  learningRate: 1000,
  libraryRate: 3e38,
  decay: 1000,
  /** Norm to which gradients are clipped. */
  norm: 1e6,
} as const;

/** Numbers in a list or a typed array. */
interface Numbers {
  every(test: (value: number) => boolean): boolean;
}

/** Whether all numbers are within the bound of coordinates. */
export const areCoordinates = (numbers: Numbers = []): boolean =>
  numbers.every((value) => Math.abs(value) <= MOST.coordinate);

/** Pixels are divided by the deviation: a smaller one gives numbers no network was trained on, or infinite ones. */
export const LEAST_DEVIATION = 1e-4;

/**
 * The problem of a batch size, if any: the batch must fit into memory.
 *
 * @param pixels of the largest image
 */
export function batchProblem(batch: number, pixels: number): string | undefined {
  if (!Number.isInteger(batch) || batch < 1 || batch > MOST.batch) {
    return `batch: must be a whole number from 1 to ${MOST.batch}, is ${shownValue(batch)}`;
  }
  if (batch * pixels <= MOST.batchPixels) return undefined;
  return `batch: ${batch} images of ${pixels} pixels have ${batch * pixels}, more than ${MOST.batchPixels}`;
}

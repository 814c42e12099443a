import * as v from 'valibot';

/**
 * The most that numbers may be in configurations, settings and flags: far beyond what anyone uses, and little enough that
 * no typing error or hostile file keeps a machine busy for hours or asks for memory that it does not have.
 */
export const MOST = {
  /** Pixels of a side of what a network is given. */
  side: 8192,
  /** Pixels of what a network is given: an image, padded; and all images of a batch. */
  pixels: 2 ** 24,
  batchPixels: 2 ** 26,
  /**
   * Pixels from an image's corner, of boxes, polygons and keypoints: as far as polygons can be drawn, whose corners are
   * 32-bit integers on a grid five times as fine as the pixels.
   */
  coordinate: Math.trunc(2 ** 31 / 5),
  /** Of a detection, which may lie anywhere, as long as its area is a number. */
  detection: 1e150,
  /** Images of a batch. */
  batch: 65_536,
  classes: 100_000,
  channels: 8192,
  /** Numbers that training adjusts. */
  parameters: 2 ** 29,
  epochs: 100_000,
  steps: 1e9,
  /** Boxes of an image that are chosen among; suppression compares each with each. */
  boxes: 20_000,
  threads: 1024,
  /** Images, or batches of them, that are made in advance. */
  ahead: 2 ** 20,
  /** Of the command line; from far less, training diverges. Of the library it is what single precision holds. */
  learningRate: 1000,
  libraryRate: 3e38,
  decay: 1000,
  /** Of gradients, to which they are cut. */
  norm: 1e6,
} as const;

/** Whether all lie as near to an image as coordinates may. */
export const areCoordinates = (numbers: readonly number[] = []): boolean =>
  numbers.every((value) => Math.abs(value) <= MOST.coordinate);

/** A whole number from `least` to `most`; the error says both. */
export const wholeWithin = (least: number, most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.check(
      (value) => Number.isInteger(value) && value >= least && value <= most,
      `must be a whole number from ${least} to ${most}`,
    ),
  );

/** A number from `least` to `most`; the error says both. */
export const numberWithin = (least: number, most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.check((value) => value >= least && value <= most, `must be a number from ${least} to ${most}`),
  );

/** A number above 0 up to `most`; the error says so. */
export const positiveWithin = (most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.check((value) => value > 0 && value <= most, `must be above 0 and at most ${most}`),
  );

/** Pixels are divided by it: a smaller deviation makes numbers that no network was trained on, or infinite ones. */
export const LEAST_DEVIATION = 1e-4;

/** Means and deviations of pixels; those of networks that take 0–255 are of that size too. */
export const channelTriple = v.pipe(v.array(numberWithin(-1000, 1000)), v.length(3));
export const deviationTriple = v.pipe(v.array(numberWithin(LEAST_DEVIATION, 1000)), v.length(3));

/**
 * What is wrong with a number of images at once, if anything: what they take must fit into memory.
 *
 * @param pixels of an image, at most
 */
export function batchProblem(batch: number, pixels: number): string | undefined {
  if (!Number.isInteger(batch) || batch < 1 || batch > MOST.batch) {
    return `batch: must be a whole number from 1 to ${MOST.batch}, is ${batch}`;
  }
  if (batch * pixels <= MOST.batchPixels) return undefined;
  return `batch: ${batch} images of ${pixels} pixels have ${batch * pixels}, more than ${MOST.batchPixels}`;
}

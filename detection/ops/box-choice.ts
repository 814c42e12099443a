import type { BoxDetections } from './postprocess.ts';

/** What a caller asks of the boxes of an image beside the least score; by default what the configuration says. */
export interface BoxChoice {
  /** A box is suppressed by a better one of which the overlap, IoU, is above it. */
  readonly nmsThresh?: number | undefined;
  readonly detectionsPerImage?: number | undefined;
  /** Boxes suppress only those of their own group, a whole number from 0 on; by default the label. */
  readonly groupOf?: ((label: number, score: number) => number) | undefined;
  /**
   * Rows of the boxes that stay, in order, before further heads look at them and before the best of the image are taken.
   *
   * @param found boxes in pixels of the original image, highest score first @param image its place in the batch
   */
  readonly keep?: ((found: BoxDetections, image: number) => Int32Array) | undefined;
}

/** The group of each box, for suppression. */
export const suppressionGroups = (
  { labels, scores }: Pick<BoxDetections, 'labels' | 'scores'>,
  groupOf: BoxChoice['groupOf'],
): Int32Array => (groupOf ? labels.map((label, i) => groupOf(label, scores[i])) : labels);

/** How many boxes of an image suppression gives: all where they are still to be chosen from. */
export const suppressedTo = ({ keep, detectionsPerImage }: BoxChoice, configured: number): number =>
  keep ? Number.POSITIVE_INFINITY : (detectionsPerImage ?? configured);

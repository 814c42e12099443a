import type { ImageSize } from '../images/image-size.ts';
import type { Region } from '../images/region.ts';

/**
 * What an augmented picture shows of the picture in the file. Masks stay in pixels of the file until the last
 * augmentation; then they are drawn once and looked at through the view.
 */
export interface View {
  /** Size of the picture in the file. */
  readonly of: ImageSize;
  /** What is shown of it, in its pixels. */
  readonly region: Region;
  /** Whether left and right are exchanged. */
  readonly isMirrored: boolean;
}

/** A picture as it is in the file. */
export const wholeView = ({ height, width }: ImageSize): View => ({
  of: { height, width },
  region: { left: 0, top: 0, width, height },
  isMirrored: false,
});

export const mirroredView = (view: View): View => ({ ...view, isMirrored: !view.isMirrored });

/** @param part in pixels of the augmented picture; it may extend beyond it */
export function croppedView({ isMirrored, of, region }: View, part: Region): View {
  const across = isMirrored ? region.width - part.left - part.width : part.left;
  const { height, width } = part;
  return { of, region: { left: region.left + across, top: region.top + part.top, width, height }, isMirrored };
}

/**
 * The column of the file for each column of the view resized to `width`, as torch's `interpolate(mode='nearest')`
 * chooses it: 32-bit numbers, rounded down.
 */
export function columnsInFile({ isMirrored, region }: View, width: number): Int32Array {
  const columns = nearest(region.width, width);
  return columns.map((column) => region.left + (isMirrored ? region.width - 1 - column : column));
}

/** The row of the file for each row of the view resized to `height`, likewise. */
export const rowsInFile = ({ region }: View, height: number): Int32Array =>
  nearest(region.height, height).map((row) => region.top + row);

/** ATen's `nearest_neighbor_compute_source_index`. */
function nearest(from: number, to: number): Int32Array {
  const scale = Math.fround(from / to);
  const lines = new Int32Array(to);
  for (let i = 0; i < to; i++) lines[i] = Math.min(Math.floor(Math.fround(i * scale)), from - 1);
  return lines;
}

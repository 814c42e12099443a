import { ResnetCocoError } from '../../errors.ts';
import { orient, storedRegion, uprightSize } from './exif-orientation.ts';
import type { Image } from './image.ts';
import type { ImageRows } from './image-rows.ts';
import type { ImageSize } from './image-size.ts';
import type { Region } from './region.ts';

/** The pixels of a region. */
export interface CutRegion {
  /** Its place among the regions. */
  readonly index: number;
  readonly image: Image;
}

/** Regions beside each other are in memory at once. */
const MAX_BYTES = 2 ** 30;

/** A region of the stored image, while its rows arrive. */
interface Part {
  readonly index: number;
  readonly region: Region;
  data: Uint8Array | undefined;
}

/**
 * Cuts regions out of an image in one pass over its rows. Memory is that of the regions that the current row is in. They
 * come in the order in which their last rows do.
 *
 * @param regions of the upright image, within it
 * @param onRow told of each row of the image, so that all of them are read; without it reading ends with the last region
 * @throws ResnetCocoError BAD_IMAGE when the image is damaged, or the regions beside each other need too much memory
 */
export async function* cutRegions(
  { height, orientation, rows, width }: ImageRows,
  regions: readonly Region[],
  onRow?: (row: Uint8Array) => void,
): AsyncGenerator<CutRegion, void> {
  const waiting = regions.map((region, index): Part => {
    return { index, region: storedRegion(region, { width, height }, orientation), data: undefined };
  });
  const size = uprightSize({ width, height }, orientation);
  const beyond = regions.find(
    ({ height, left, top, width }) => left + width > size.width || top + height > size.height,
  );
  if (beyond) throw tooSmall(size, beyond);
  // The last is next.
  waiting.sort((a, b) => b.region.top - a.region.top || b.index - a.index);
  let open: Part[] = [];
  let [y, bytes] = [0, 0];
  for await (const row of rows) {
    while (waiting.length && waiting[waiting.length - 1].region.top === y) {
      const part = waiting.pop()!;
      bytes += bytesOf(part);
      if (bytes > MAX_BYTES) throw tooWide(width);
      part.data = new Uint8Array(bytesOf(part));
      open.push(part);
    }
    onRow?.(row);
    for (const { data, region } of open) {
      const length = 3 * region.width;
      data!.set(row.subarray(3 * region.left, 3 * region.left + length), (y - region.top) * length);
    }
    y++;
    const isWhole = ({ region }: Part) => region.top + region.height === y;
    const whole = open.filter(isWhole);
    if (whole.length) open = open.filter((part) => !isWhole(part));
    for (const part of whole) {
      const { data, index, region } = part;
      bytes -= bytesOf(part);
      part.data = undefined;
      yield { index, image: orient({ width: region.width, height: region.height, data: data! }, orientation) };
    }
    if (!onRow && !open.length && !waiting.length) return;
  }
}

const bytesOf = ({ region }: Part): number => 3 * region.width * region.height;

const tooSmall = (size: ImageSize, { height, left, top, width }: Region): ResnetCocoError =>
  new ResnetCocoError(
    'BAD_IMAGE',
    `the image has ${size.width}×${size.height} pixels, fewer than a region of it that ends at ${left + width}, ${top + height}`,
  );

const tooWide = (width: number): ResnetCocoError =>
  new ResnetCocoError(
    'BAD_IMAGE',
    `regions of an image ${width} pixels wide take more than ${MAX_BYTES} bytes of memory; cut smaller ones`,
  );

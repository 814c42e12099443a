import type { Region } from '../images/region.ts';
import { ColumnSpans, commonSpans, rleFromSpans } from './column-spans.ts';
import type { Rle } from './rle.ts';

/** The part of a mask in a region, which may extend beyond its image, as a mask of the region. */
export function cropRle(rle: Rle, { left, top, ...size }: Region): Rle {
  const columns = new ColumnSpans(rle);
  const rows = [top, top + size.height];
  const [from, to] = [Math.max(columns.left - left, 0), Math.min(columns.right - left, size.width)];
  return rleFromSpans(size, from, to, (x) => commonSpans(columns.at(x + left), rows).map((y) => y - top));
}

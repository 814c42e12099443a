import type { Image } from '../images/image.ts';
import type { Region } from '../images/region.ts';

/** Cuts out a rectangle, which may extend beyond the picture; the outside is black. */
export function crop({ width, height, data }: Image, { left, top, ...size }: Region): Image {
  const out = new Uint8Array(size.width * size.height * 3);
  const [from, to] = [Math.max(left, 0), Math.min(left + size.width, width)];
  if (from < to) {
    for (let y = Math.max(top, 0); y < Math.min(top + size.height, height); y++) {
      const row = data.subarray((y * width + from) * 3, (y * width + to) * 3);
      out.set(row, ((y - top) * size.width + from - left) * 3);
    }
  }
  return { ...size, data: out };
}

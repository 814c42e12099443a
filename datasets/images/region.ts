import type { ImageSize } from './image-size.ts';

/** A rectangle of a picture, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A box [x, y, width, height] and a margin of `more` pixels in whole pixels, clipped to the image; undefined when nothing is left. */
export function regionAround(
  [x, y, width, height]: readonly [number, number, number, number],
  image: ImageSize,
  more = 0,
): Region | undefined {
  const left = Math.max(0, Math.floor(x - more));
  const top = Math.max(0, Math.floor(y - more));
  const right = Math.min(image.width, Math.ceil(x + width + more));
  const bottom = Math.min(image.height, Math.ceil(y + height + more));
  return right > left && bottom > top ? { left, top, width: right - left, height: bottom - top } : undefined;
}

import type { Image } from '../images/image.ts';
import type { Color } from './palette.ts';

/** A point in pixels; the center of the first pixel is 0.5, 0.5. */
export type Point = readonly [x: number, y: number];

/** Draws an antialiased line with round ends into a picture, clipped to it. */
export function strokeLine(canvas: Image, from: Point, to: Point, thickness: number, color: Color, opacity = 1): void {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const radius = thickness / 2;
  cover(canvas, bounds([from, to], radius), color, opacity, (x, y) => {
    const along = length ? Math.min(1, Math.max(0, ((x - from[0]) * dx + (y - from[1]) * dy) / length)) : 0;
    return radius + 0.5 - Math.hypot(x - from[0] - along * dx, y - from[1] - along * dy);
  });
}

/** Draws an antialiased disc into a picture, clipped to it. */
export function fillDisc(canvas: Image, center: Point, radius: number, color: Color, opacity = 1): void {
  cover(
    canvas,
    bounds([center], radius),
    color,
    opacity,
    (x, y) => radius + 0.5 - Math.hypot(x - center[0], y - center[1]),
  );
}

/** Blends a color onto one pixel with opacity `share`, 0–1. */
export function tint({ data }: Image, pixel: number, [r, g, b]: Color, share: number): void {
  const at = 3 * pixel;
  data[at] += (r - data[at]) * share;
  data[at + 1] += (g - data[at + 1]) * share;
  data[at + 2] += (b - data[at + 2]) * share;
}

type Bounds = readonly [left: number, top: number, right: number, bottom: number];

function bounds(points: readonly Point[], margin: number): Bounds {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const reach = margin + 1;
  return [Math.min(...xs) - reach, Math.min(...ys) - reach, Math.max(...xs) + reach, Math.max(...ys) + reach];
}

function cover(
  canvas: Image,
  box: Bounds,
  color: Color,
  opacity: number,
  coverage: (x: number, y: number) => number,
): void {
  if (!box.every(Number.isFinite)) return;
  const [left, top] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
  const [right, bottom] = [Math.min(canvas.width, Math.ceil(box[2])), Math.min(canvas.height, Math.ceil(box[3]))];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const share = Math.min(1, coverage(x + 0.5, y + 0.5));
      if (share > 0) tint(canvas, y * canvas.width + x, color, share * opacity);
    }
  }
}

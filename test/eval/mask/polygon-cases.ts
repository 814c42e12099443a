import { Draws } from './draws.ts';

export interface ShapeCase {
  readonly height: number;
  readonly width: number;
  readonly shape: readonly number[];
}

type Shape = (d: Draws, w: number, h: number) => number[];

const scattered: Shape = (d, w, h) =>
  d.list(d.between(3, 12), () => [d.between(-50 * w, 150 * w) / 100, d.between(-50 * h, 150 * h) / 100]).flat();

/** Around a center, on the right from above to below, on the left back; by t → (1 − t²) / (1 + t²), 2t / (1 + t²). */
const rounded: Shape = (d, w, h) => {
  const n = d.between(2, 200);
  const [cx, cy] = [d.below(w * 8) / 8, d.below(h * 8) / 8];
  const corner = (i: number) => {
    const t = ((i % n) * 2 - n) / n;
    const r = d.between(40, 100) / 100;
    const sign = i < n ? 1 : -1;
    return [
      cx + (((sign * r * w) / 2) * (1 - t * t)) / (1 + t * t),
      cy + (((sign * r * h) / 2) * (2 * t)) / (1 + t * t),
    ];
  };
  return d.list(2 * n, corner).flat();
};

const walk: Shape = (d, w, h) => {
  const n = d.below(4) ? d.between(3, 40) : d.between(1000, 4000);
  const step = d.between(1, 200);
  let [x, y] = [d.below(w) * 8, d.below(h) * 8];
  const corner = () => {
    x += d.between(-step, step);
    y += d.between(-step, step);
    return [x / 8, y / 8];
  };
  return d.list(n, corner).flat();
};

const rectangle: Shape = (d, w, h) => {
  const parts = [1, 2, 10, 100][d.below(4)];
  const [x0, x1] = d.list(2, () => d.between(-w * parts, 2 * w * parts) / parts);
  const [y0, y1] = d.list(2, () => d.between(-h * parts, 2 * h * parts) / parts);
  return [x0, y0, x1, y0, x1, y1, x0, y1];
};

const degenerate: Shape = (d, w, h) => {
  const kind = d.below(5);
  const [x, y] = [d.between(-10 * w, 20 * w) / 10, d.between(-10 * h, 20 * h) / 10];
  const [dx, dy] = [d.between(-100, 100) / 4, d.between(-100, 100) / 4];
  if (kind === 0) return d.list(d.between(3, 6), () => [x, y]).flat();
  if (kind === 1) return d.list(d.between(3, 9), (i) => [x + i * dx, y + i * dy]).flat();
  if (kind === 2) return [x, y, x, y, x + dx, y + dy, x + dx, y + dy, x, y + dy, x, y];
  if (kind === 3) return [x, y, x + dx, y, x, y, x + dx, y];
  return [x, y, x, y + dy, x, y + 2 * dy, x, y - dy];
};

const outside: Shape = (d, w, h) => {
  const far = [1, 10, 100][d.below(3)];
  const within = (side: number) => d.between(-far * side, far * side) + d.below(10) / 10;
  return d.list(d.between(3, 8), () => [within(w), within(h)]).flat();
};

const fine: Shape = (d, w, h) =>
  d.list(d.between(3, 5), () => [(d.next() / 2 ** 32) * w, (d.next() / 2 ** 32) * h]).flat();

/** Corners on or beside the middles of the fine grid, where rounding decides. */
const tied: Shape = (d, w, h) => {
  const parts = [2, 5, 10, 20][d.below(4)];
  return d.list(d.between(3, 20), () => [d.between(0, w * parts) / parts, d.between(0, h * parts) / parts]).flat();
};

const comb: Shape = (d, w, h) => {
  const n = d.between(3, 300);
  const corner = (i: number) => [(i * w) / n, (i % 2 ? d.below(h) : h) + d.below(4) / 4];
  return [...d.list(n, corner).flat(), w, -1.5, -0.5, -1.5];
};

const tiny: Shape = (d, w, h) => {
  const [x, y] = [d.between(-4, w * 4) / 4, d.between(-4, h * 4) / 4];
  return d.list(d.between(3, 6), () => [x + d.below(256) / 128, y + d.below(256) / 128]).flat();
};

const shapes = [scattered, rounded, walk, rectangle, degenerate, outside, fine, tied, comb, tiny];

/** A polygon of `fixtures/masks.py`, made again. */
export function polygonCase(index: number): ShapeCase {
  const d = new Draws(2, index);
  const [height, width] = [d.side(1), d.side(1)];
  return { height, width, shape: shapes[index % shapes.length](d, width, height) };
}

/** A box: x, y, width, height. */
export function boxCase(index: number): ShapeCase {
  const d = new Draws(3, index);
  const [height, width] = [d.side(1), d.side(1)];
  const parts = [1, 2, 10, 100][d.below(4)];
  const corner = [d.between(-width * parts, width * parts) / parts, d.between(-height * parts, height * parts) / parts];
  return {
    height,
    width,
    shape: [...corner, d.between(0, width * parts) / parts, d.between(0, height * parts) / parts],
  };
}

/** Polygons of one image: five detections and four objects. */
export function groupCase(index: number): ShapeCase[] {
  const d = new Draws(4, index);
  const [height, width] = [d.between(1, 700), d.between(1, 700)];
  return d.list(9, () => ({ height, width, shape: shapes[d.below(shapes.length)](d, width, height) }));
}

/** Five detected boxes and four objects'. */
export function boxGroupCase(index: number): number[][] {
  const d = new Draws(5, index);
  return d.list(9, () => [d.between(-400, 400) / 10, d.between(-400, 400) / 10, d.below(500) / 7, d.below(500) / 7]);
}

/** Runs of which many are empty, in masks of two sizes. */
export function runsCase(index: number): { size: [number, number]; counts: number[] } {
  const d = new Draws(6, index);
  const size: [number, number] = d.below(4) ? [4, 6] : [8, 3];
  let left = size[0] * size[1];
  const run = () => {
    const count = d.below(2) * d.below(left + 1);
    left -= count;
    return count;
  };
  const counts = d.list(d.between(1, 12), run);
  return { size, counts: [...counts, left] };
}

import { ColumnSpans } from './column-spans.ts';
import { maskOutline } from './outline.ts';
import { type Rle, type RleBox, rleArea, rleEncode, rleToBbox } from './rle.ts';
import { signedArea } from './signed-area.ts';

/** The longer side of an object has at least this many cells, unless it has fewer pixels. */
const MIN_CELLS = 16;
/** How far a simplified outline may be from the true one, in cells. */
const TOLERANCE = 0.45;
/** The same of corners in pixels: a slope is a stair whose corners are up to 0.71 from it. */
const STEP = 0.75;

type Point = readonly [x: number, y: number];

/**
 * The outline of a mask as an SVG path in pixels of its image, holes by the even-odd rule. Empty for an empty mask.
 *
 * @param detail what is smaller than this many pixels may be lost, so that the text stays short
 */
export function maskPath(rle: Rle, detail: number): string {
  if (!rleArea(rle)) return '';
  const box = rleToBbox(rle);
  const [left, top, width, height] = box;
  const cell = Math.max(1, Math.min(detail, Math.max(width, height) / MIN_CELLS));
  // Whole numbers where a cell is large, tenths where it is small.
  const unit = cell < 4 ? 10 : 1;
  const placed = (at: number, start: number): number => Math.round((start + at * cell) * unit);
  return maskOutline(coarse(rle, box, cell))
    .map((corners) => simplified(middles(corners), TOLERANCE))
    .filter((ring) => ring.length > 2)
    .map((ring) =>
      pathOf(
        ring.map(([x, y]) => [placed(x, left), placed(y, top)]),
        unit,
      ),
    )
    .join('');
}

/**
 * The parts of a mask as polygons that people can edit: simplified to within a pixel, without holes.
 *
 * @returns x and y by turns of each, and the number of holes that were filled
 */
export function maskPolygons(rle: Rle): { readonly polygons: number[][]; readonly holes: number } {
  if (!rleArea(rle)) return { polygons: [], holes: 0 };
  const outlines = maskOutline(rle);
  // Around a part the outline goes clockwise, y down: its area is positive.
  const parts = outlines.filter((corners) => signedArea(corners) > 0);
  const rings = parts.map((corners) => {
    const points = Array.from({ length: corners.length / 2 }, (_, i): Point => [corners[2 * i], corners[2 * i + 1]]);
    const ring = simplified(points, STEP);
    return ring.length > 2 ? ring.flat() : corners;
  });
  return { polygons: rings, holes: outlines.length - parts.length };
}

/** A closed path whose points after the first are relative to the one before. */
function pathOf(ring: readonly Point[], unit: number): string {
  const [[x, y]] = ring;
  const steps = ring.slice(1).flatMap(([px, py], i) => [px - ring[i][0], py - ring[i][1]]);
  return `M${x / unit} ${y / unit}l${steps
    .map((step) => step / unit)
    .join(' ')
    .replaceAll(' -', '-')}z`;
}

/** A mask in cells of some pixels, from the corner of a box on; a cell is inside where its center is. */
function coarse(rle: Rle, [left, top, width, height]: RleBox, cell: number): Rle {
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const cells = new Uint8Array(columns * rows);
  const spans = new ColumnSpans(rle);
  const center = (i: number, start: number, size: number) => Math.min(size - 1, start + Math.floor((i + 0.5) * cell));
  for (let i = 0; i < columns; i++) {
    const inside = spans.at(center(i, left, rle.width));
    for (let j = 0, s = 0; j < rows; j++) {
      const y = center(j, top, rle.height);
      while (s < inside.length && inside[s + 1] <= y) s += 2;
      if (s < inside.length && inside[s] <= y) cells[i * rows + j] = 1;
    }
  }
  return rleEncode(cells, rows, columns);
}

/** The middles of the cells' sides that a polygon of corners follows: on a slope they are in line. */
function middles(corners: readonly number[]): Point[] {
  const points: Point[] = [];
  for (let i = 0, before = corners.length - 2; i < corners.length; before = i, i += 2) {
    const [x, y] = [corners[before], corners[before + 1]];
    const [dx, dy] = [corners[i] - x, corners[i + 1] - y];
    const length = Math.abs(dx + dy);
    for (let step = 0.5; step < length; step++) points.push([x + (dx * step) / length, y + (dy * step) / length]);
  }
  return points;
}

/** Douglas and Peucker 1973, of a closed line: only points without which it would be too far away. */
function simplified(ring: readonly Point[], tolerance: number): Point[] {
  const closed = [...ring, ring[0]];
  const isKept = new Uint8Array(closed.length);
  const far = farthest(closed, 0, ring.length, ([x, y]) => Math.hypot(x - ring[0][0], y - ring[0][1]));
  isKept[0] = isKept[far.index] = 1;
  const parts: Point[] = [
    [0, far.index],
    [far.index, ring.length],
  ];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [from, to] = part;
    const [a, b] = [closed[from], closed[to]];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
    const { distance, index } = farthest(
      closed,
      from,
      to,
      ([x, y]) => Math.abs((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / length,
    );
    if (distance <= tolerance) continue;
    isKept[index] = 1;
    parts.push([from, index], [index, to]);
  }
  return ring.filter((_, i) => isKept[i]);
}

/** The point between two others that is farthest by a measure. */
function farthest(points: readonly Point[], from: number, to: number, measure: (point: Point) => number) {
  let [index, distance] = [from, 0];
  for (let i = from + 1; i < to; i++) {
    const own = measure(points[i]);
    if (own > distance) [index, distance] = [i, own];
  }
  return { index, distance };
}

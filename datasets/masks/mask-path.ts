import { ColumnSpans } from './column-spans.ts';
import { type Rle, rleArea, rleToBbox } from './rle.ts';

/** The longer side of an object has at least this many cells, unless it has fewer pixels. */
const MIN_CELLS = 16;
/** How far a simplified outline may be from the true one, in cells. */
const TOLERANCE = 0.45;

type Point = readonly [x: number, y: number];

/**
 * The outline of a mask as an SVG path in pixels of its image, holes by the even-odd rule. Empty for an empty mask.
 *
 * @param detail what is smaller than this many pixels may be lost, so that the text stays short
 */
export function maskPath(rle: Rle, detail: number): string {
  if (!rleArea(rle)) return '';
  const [left, top, width, height] = rleToBbox(rle);
  const cell = Math.max(1, Math.min(detail, Math.max(width, height) / MIN_CELLS));
  const grid = new Grid(rle, { left, top, cell }, Math.ceil(width / cell), Math.ceil(height / cell));
  // Whole numbers where a cell is large, tenths where it is small.
  const unit = cell < 4 ? 10 : 1;
  const placed = (at: number, start: number): number => Math.round((start + at * cell) * unit);
  return grid
    .rings()
    .map((ring) => simplified(ring))
    .filter((ring) => ring.length > 2)
    .map((ring) =>
      pathOf(
        ring.map(([x, y]) => [placed(x, left), placed(y, top)]),
        unit,
      ),
    )
    .join('');
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

/** A mask in cells of some pixels; a cell is inside where its center is. */
class Grid {
  readonly #width: number;
  readonly #height: number;
  readonly #inside: Uint8Array;

  constructor(
    rle: Rle,
    { cell, left, top }: { readonly cell: number; readonly left: number; readonly top: number },
    width: number,
    height: number,
  ) {
    this.#width = width;
    this.#height = height;
    this.#inside = new Uint8Array(width * height);
    const columns = new ColumnSpans(rle);
    const center = (i: number, start: number, size: number) => Math.min(size - 1, start + Math.floor((i + 0.5) * cell));
    for (let i = 0; i < width; i++) {
      const spans = columns.at(center(i, left, rle.width));
      for (let j = 0, s = 0; j < height; j++) {
        const y = center(j, top, rle.height);
        while (s < spans.length && spans[s + 1] <= y) s += 2;
        if (s < spans.length && spans[s] <= y) this.#inside[j * width + i] = 1;
      }
    }
  }

  #has(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.#width && y < this.#height && this.#inside[y * this.#width + x] === 1;
  }

  /** The borders, each as the middles of the cells' sides that it follows. */
  rings(): Point[][] {
    const rings: Point[][] = [];
    // Each border has sides that are the top of a cell inside.
    const isDone = new Uint8Array(this.#inside.length);
    for (let y = 0; y < this.#height; y++) {
      for (let x = 0; x < this.#width; x++) {
        if (this.#has(x, y) && !this.#has(x, y - 1) && !isDone[y * this.#width + x])
          rings.push(this.#ring(x, y, isDone));
      }
    }
    return rings;
  }

  /** Goes around with the inside at the right hand, from the top side of a cell on. */
  #ring(startX: number, startY: number, isDone: Uint8Array): Point[] {
    const ring: Point[] = [];
    let [x, y, dx, dy] = [startX, startY, 1, 0];
    do {
      if (dx === 1) isDone[y * this.#width + x] = 1;
      ring.push([x + dx / 2, y + dy / 2]);
      x += dx;
      y += dy;
      const isRight = this.#has(x + (dx - dy - 1) / 2, y + (dy + dx - 1) / 2);
      const isLeft = this.#has(x + (dx + dy - 1) / 2, y + (dy - dx - 1) / 2);
      if (!isRight) [dx, dy] = [-dy, dx];
      else if (isLeft) [dx, dy] = [dy, -dx];
    } while (x !== startX || y !== startY || dx !== 1);
    return ring;
  }
}

/** Douglas and Peucker 1973, of a closed line: only points without which it would be too far away. */
function simplified(ring: readonly Point[]): Point[] {
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
    if (distance <= TOLERANCE) continue;
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

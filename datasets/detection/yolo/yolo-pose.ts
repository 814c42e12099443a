import { ResnetCocoError } from '../../../errors.ts';

/** Keypoints may lie slightly outside their box, and boxes outside their image. */
const TOLERANCE = 0.02;

/** The least share of the image that a polygon covers, times two. */
const MIN_AREA = 1e-6;
/** How far the corners of a rotated box may be off, as a share of the image. */
const PARALLEL = 2e-3;

type Numbers = readonly number[];
type Point = readonly [x: number, y: number];

/** x and y of each point in a run of numbers, `step` numbers per point. */
const pointsOf = (numbers: Numbers, step: number): Point[] =>
  Array.from({ length: numbers.length / step }, (_, at) => [numbers[at * step], numbers[at * step + 1]]);

/** Whether a line can be a box and points in it. Points at 0, 0 are not labeled. */
function hasPointsInBox([x, y, w, h, ...rest]: Numbers, step: number): boolean {
  if (w <= 0 || h <= 0) return false;
  const [halfWidth, halfHeight] = [w / 2 + TOLERANCE, h / 2 + TOLERANCE];
  if (x < w / 2 - TOLERANCE || y < h / 2 - TOLERANCE) return false;
  if (x + w / 2 > 1 + TOLERANCE || y + h / 2 > 1 + TOLERANCE) return false;
  return pointsOf(rest, step).every(
    ([px, py]) => (px === 0 && py === 0) || (Math.abs(px - x) <= halfWidth && Math.abs(py - y) <= halfHeight),
  );
}

/** Whether a line can be a box and points with a flag each: 0, 1 or 2 for not labeled, hidden or visible. */
function hasMarkedPoints(numbers: Numbers): boolean {
  const rest = numbers.slice(4);
  return rest.length % 3 === 0 && rest.every((value, at) => at % 3 !== 2 || value === 0 || value === 1 || value === 2);
}

/** Twice the signed area of a triangle. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number =>
  (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);

const doCross = (a: Point, b: Point, c: Point, d: Point): boolean =>
  turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

/** Whether the corners enclose an area and no two sides cross. */
function isSimple(points: readonly Point[]): boolean {
  const next = (at: number): Point => points[(at + 1) % points.length];
  const area = points.reduce((sum, point, at) => sum + turn([0, 0], point, next(at)), 0);
  if (Math.abs(area) < MIN_AREA) return false;
  return points.every((point, i) => points.every((other, j) => j <= i || !doCross(point, next(i), other, next(j))));
}

/**
 * Whether the second corner (a box's width and height, if this is a pose) is near the others, as a polygon's corner is:
 * no farther from them than their extent.
 */
function isCompact([first, [x, y], ...rest]: readonly Point[]): boolean {
  const [xs, ys] = [[first, ...rest].map(([px]) => px), [first, ...rest].map(([, py]) => py)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const away = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  return away <= Math.hypot(right - left, bottom - top);
}

/** Rotated boxes: their four corners are not keypoints. */
function isParallelogram(points: readonly Point[]): boolean {
  if (points.length !== 4) return false;
  const [a, b, c, d] = points;
  return [0, 1].every((axis) => Math.abs(a[axis] + c[axis] - b[axis] - d[axis]) < PARALLEL);
}

export interface PoseDoubt {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Lines that may be a box and points of `size` numbers each. */
class PointLines {
  count = 0;
  first: { readonly file: string; readonly line: number } | undefined;
  /** Whether each line is a sensible polygon too. */
  arePolygons = true;
  readonly #size: number;
  #fewest = Number.POSITIVE_INFINITY;
  #most = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(file: string, line: number, numbers: Numbers): void {
    this.count++;
    this.first ??= { file, line };
    const points = (numbers.length - 4) / this.#size;
    this.#fewest = Math.min(this.#fewest, points);
    this.#most = Math.max(this.#most, points);
    if (numbers.length % 2 || numbers.some((value) => value > 1 + TOLERANCE)) this.arePolygons = false;
    if (!this.arePolygons) return;
    const corners = pointsOf(numbers, 2);
    this.arePolygons = isParallelogram(corners) || (isCompact(corners) && isSimple(corners));
  }

  get areOfOneWidth(): boolean {
    return this.#fewest === this.#most;
  }

  toString(): string {
    const count = this.areOfOneWidth ? `${this.#most}` : `${this.#fewest} to ${this.#most}`;
    return `class, box and ${count} keypoint${this.#most === 1 ? '' : 's'} of ${this.#size} numbers`;
  }
}

/**
 * Tells keypoint labels from polygons. A line of keypoints is a class, a box, and keypoints of two or three numbers.
 * Lines of plain boxes decide nothing. Of the others:
 *
 * - Points of three numbers lie in their boxes and have flags 0, 1 or 2. If most lines fit, they are keypoints. Other
 *   flags are allowed if some of these lines have an odd count of numbers, since those cannot be polygons.
 * - Points of two numbers lie in their boxes, and all lines have the same length. If all lines fit, and some make no
 *   sensible polygon, they are keypoints.
 * - If only some lines fit, a warning says so.
 */
export class YoloPoseCheck {
  #lines = 0;
  readonly #marked = new PointLines(3);
  readonly #unmarked = new PointLines(3);
  readonly #pairs = new PointLines(2);
  #hasOdd = false;

  /** @param numbers of a line, after its class */
  add(file: string, line: number, numbers: Numbers): void {
    if (numbers.length <= 5 || !numbers.every(Number.isFinite)) return;
    this.#lines++;
    if ((numbers.length - 4) % 3 === 0 && hasPointsInBox(numbers, 3)) {
      this.#unmarked.add(file, line, numbers);
      if (hasMarkedPoints(numbers)) this.#marked.add(file, line, numbers);
      if (numbers.length % 2) this.#hasOdd = true;
    }
    if (numbers.length % 2 === 0 && hasPointsInBox(numbers, 2) && !isParallelogram(pointsOf(numbers, 2))) {
      this.#pairs.add(file, line, numbers);
    }
  }

  /**
   * @returns a warning when lines could be either and are taken for polygons
   * @throws ResnetCocoError BAD_DATASET when the lines are keypoints
   */
  verdict(): PoseDoubt | undefined {
    const triples = this.#hasOdd ? this.#unmarked : this.#marked;
    if (triples.count > this.#lines / 2) this.#refuse(triples);
    const pairs = this.#pairs;
    const allPairs = pairs.count > 0 && pairs.count === this.#lines;
    if (allPairs && pairs.areOfOneWidth && !pairs.arePolygons) this.#refuse(pairs);
    if (triples.count && !triples.arePolygons) return this.#doubt(triples);
    // A single hand-drawn polygon may look like this; a whole set does not.
    return allPairs ? this.#doubt(pairs) : undefined;
  }

  #refuse(lines: PointLines): never {
    const { file, line } = lines.first!;
    const which = lines.count === this.#lines ? 'its lines read' : `${lines.count} of ${this.#lines} lines read`;
    const message = `labels with keypoints are not supported, but ${which}: ${lines}; keep the first five columns, or convert them to COCO's JSON`;
    throw new ResnetCocoError('BAD_DATASET', `${file}:${line}: ${message}`);
  }

  #doubt(lines: PointLines): PoseDoubt {
    const which = lines.count === this.#lines ? 'its lines are' : `${lines.count} of ${this.#lines} lines are`;
    const message = `${which} taken for polygons; if they are ${lines}, they are not supported: set kpt_shape`;
    return { ...lines.first!, message };
  }
}

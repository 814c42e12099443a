import { ResnetCocoError } from '../../errors.ts';

/** Keypoints may lie a little outside of their box, and boxes of their image. */
const TOLERANCE = 0.02;

/** Of twice a polygon's area, as a share of the image's. */
const MIN_AREA = 1e-6;
/** By how much, as a share of the image, a turned box's corners may be off. */
const PARALLEL = 2e-3;

type Numbers = readonly number[];
type Point = readonly [x: number, y: number];

/** x and y of each point of a run of numbers; `step` numbers belong to each. */
const pointsOf = (numbers: Numbers, step: number): Point[] =>
  Array.from({ length: numbers.length / step }, (_, at) => [numbers[at * step], numbers[at * step + 1]]);

/** Whether a line can be a box and points in it: those that are 0, 0 are not labelled. */
function hasPointsInBox([x, y, w, h, ...rest]: Numbers, step: number): boolean {
  if (w <= 0 || h <= 0) return false;
  const [halfWidth, halfHeight] = [w / 2 + TOLERANCE, h / 2 + TOLERANCE];
  if (x < w / 2 - TOLERANCE || y < h / 2 - TOLERANCE) return false;
  if (x + w / 2 > 1 + TOLERANCE || y + h / 2 > 1 + TOLERANCE) return false;
  return pointsOf(rest, step).every(
    ([px, py]) => (px === 0 && py === 0) || (Math.abs(px - x) <= halfWidth && Math.abs(py - y) <= halfHeight),
  );
}

/** Whether a line can be a box and points with a mark each: 0, 1 or 2, not labelled, hidden or seen. */
function hasMarkedPoints(numbers: Numbers): boolean {
  const rest = numbers.slice(4);
  return rest.length % 3 === 0 && rest.every((value, at) => at % 3 !== 2 || value === 0 || value === 1 || value === 2);
}

/** Twice the area of a triangle, its sign by the way around. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number =>
  (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);

const doCross = (a: Point, b: Point, c: Point, d: Point): boolean =>
  turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

/** Whether the corners go around an area, and no two sides cross. */
function isSimple(points: readonly Point[]): boolean {
  const next = (at: number): Point => points[(at + 1) % points.length];
  const area = points.reduce((sum, point, at) => sum + turn([0, 0], point, next(at)), 0);
  if (Math.abs(area) < MIN_AREA) return false;
  return points.every((point, i) => points.every((other, j) => j <= i || !doCross(point, next(i), other, next(j))));
}

/**
 * Whether the second corner, which would be a box's width and height, is near the others, as that of a polygon is: no
 * farther from them than they reach.
 */
function isCompact([first, [x, y], ...rest]: readonly Point[]): boolean {
  const [xs, ys] = [[first, ...rest].map(([px]) => px), [first, ...rest].map(([, py]) => py)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const away = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  return away <= Math.hypot(right - left, bottom - top);
}

/** Turned boxes, as whose corners four points are no keypoints. */
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

/**
 * Tells labels of keypoints, whose lines are class, box and keypoints of two or three numbers, from polygons: all such
 * lines of a set are of one width, their points lie in their boxes or have marks, and not all make a sensible polygon.
 */
export class YoloPoseCheck {
  #first: { readonly file: string; readonly line: number } | undefined;
  #width = 0;
  #ofThree = true;
  #ofTwo = true;
  #isPolygons = true;

  /** @param numbers of a line, behind its class */
  add(file: string, line: number, numbers: Numbers): void {
    if (numbers.length <= 5) return;
    this.#first ??= { file, line };
    this.#width ||= numbers.length;
    const isBox = numbers.length === this.#width && numbers.every(Number.isFinite);
    this.#ofThree &&= isBox && hasMarkedPoints(numbers) && hasPointsInBox(numbers, 3);
    this.#ofTwo &&= isBox && numbers.length % 2 === 0 && hasPointsInBox(numbers, 2);
    if (!this.#ofTwo) return;
    const corners = pointsOf(numbers, 2);
    this.#ofTwo &&= !isParallelogram(corners);
    this.#isPolygons &&= isCompact(corners) && isSimple(corners);
  }

  /**
   * @returns a warning where the lines could be either, and are taken for polygons
   * @throws ResnetCocoError BAD_DATASET where the lines are keypoints
   */
  verdict(): PoseDoubt | undefined {
    if (!this.#first || !(this.#ofThree || this.#ofTwo)) return undefined;
    const [size, count] = this.#ofThree ? [3, (this.#width - 4) / 3] : [2, (this.#width - 4) / 2];
    const points = `class, box and ${count} keypoint${count === 1 ? '' : 's'} of ${size} numbers`;
    if (!this.#ofThree && this.#isPolygons) {
      const message = `its lines are taken for polygons; if they are ${points}, they are not supported: set kpt_shape`;
      return { ...this.#first, message };
    }
    const { file, line } = this.#first;
    const message = `labels with keypoints are not supported, and as such its lines read: ${points}; keep the first five columns, or convert them to COCO's JSON`;
    throw new ResnetCocoError('BAD_DATASET', `${file}:${line}: ${message}`);
  }
}

/** Curves of repeated measurements, and axes that fit them. */
import type { Axis, Line } from './charts.ts';

export type Point = readonly [x: number, y: number];

/** Number of points that a chart can show side by side. */
const COLUMNS = 360;

/** Keeps the least and greatest of the points that coincide on a chart, so no peak is lost. */
export function thinned(points: readonly Point[]): Point[] {
  if (points.length <= 2 * COLUMNS) return [...points];
  const [start, end] = [points[0][0], points[points.length - 1][0]];
  const columnOf = ([x]: Point) => Math.floor(((x - start) / (end - start)) * COLUMNS);
  const kept: Point[] = [];
  for (let from = 0; from < points.length; ) {
    let [least, greatest, to] = [from, from, from + 1];
    for (; to < points.length && columnOf(points[to]) === columnOf(points[from]); to++) {
      if (points[to][1] < points[least][1]) least = to;
      if (points[to][1] > points[greatest][1]) greatest = to;
    }
    kept.push(points[Math.min(least, greatest)]);
    if (least !== greatest) kept.push(points[Math.max(least, greatest)]);
    from = to;
  }
  return kept;
}

/**
 * An exponential moving average over about a sixtieth of the points, and over fewer at the start, where a loss falls
 * fast.
 */
export function smoothed(points: readonly Point[]): Point[] {
  let mean = 0;
  return points.map(([x, y], i) => {
    mean += (y - mean) / Math.max(1, Math.min(points.length / 60, 1 + i / 8));
    return [x, mean];
  });
}

const LEAST_PARTS = 3.5;

/** The largest step of 1, 2 or 5 times a power of ten that divides `range` into enough parts. */
function roundStep(range: number): number {
  const most = (range / LEAST_PARTS) * (1 + 1e-9);
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((factor) => factor * power).find((step) => step <= most) ?? power;
}

/** Formats an axis's numbers with enough digits to tell ticks apart; thousands as `64k`. */
function formatFor(step: number): (value: number) => string {
  if (step >= 1000) return (value) => (value ? `${Number((value / 1000).toFixed(1))}k` : '0');
  const powerOf = (value: number) => Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  if (step >= 1e-5) return (value) => value.toFixed(Math.max(0, -powerOf(step)));
  // A tick at 0 may be off by rounding.
  return (value) =>
    Math.abs(value) < step / 2 ? '0' : value.toExponential(Math.max(0, powerOf(value) - powerOf(step)));
}

function ticksBetween(min: number, max: number, step: number): number[] {
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** An axis from 0 to exactly `max`. */
export function axisTo(max: number, label: string): Axis {
  const end = max > 0 ? max : 1;
  const step = roundStep(end);
  return { label, min: 0, max: end, format: formatFor(step), ticks: ticksBetween(0, end, step) };
}

const extremes = (values: readonly number[]): [least: number, greatest: number] => [
  Math.min(...values),
  Math.max(...values),
];

/**
 * An axis that fits the lines' later points; first points may be cut off.
 *
 * @param from0 whether the axis begins at 0
 * @param share of a line's points, from its end, that are all shown
 */
export function axisOf(lines: readonly Line[], label: string, from0: boolean, share: number): Axis {
  const clear = lines.filter(({ faint }) => !faint).map(({ points }) => points.map(([, y]) => y));
  const all = clear.flat();
  if (!all.length) return axisTo(1, label);
  const [least, greatest] = extremes(all);
  const [low, high] = extremes(clear.flatMap((values) => values.slice(Math.round((1 - share) * values.length))));
  // Constant lines and lines with close first points are shown whole.
  const spread = high - low || Math.abs(high) || 1;
  const top = greatest <= high + spread / 2 ? greatest : high + spread / 4;
  const bottom = least >= low - spread / 2 ? least : low - spread / 4;
  const start = from0 && least >= 0 ? 0 : bottom;
  const step = roundStep(top - start || Math.abs(top) || 1);
  const [min, max] = [Math.floor(start / step + 1e-9) * step, Math.ceil(top / step - 1e-9) * step];
  const end = max > min ? max : min + step;
  return { label, min, max: end, format: formatFor(step), ticks: ticksBetween(min, end, step) };
}

/** The line without a start outside the axis. */
export function entering(line: Line, { min, max }: Axis): Line {
  const first = line.points.findIndex(([, y]) => y >= min && y <= max);
  if (first <= 0) return line;
  const [[x0, y0], [x1, y1]] = [line.points[first - 1], line.points[first]];
  const border = y0 > max ? max : min;
  const crossing: Point = [x0 + ((x1 - x0) * (border - y0)) / (y1 - y0), border];
  return { ...line, points: [crossing, ...line.points.slice(first)] };
}

// H × W pixels of the image, h × w of the result.
import type { GraphBuilder, Wire } from '../../engine/index.ts';

/** The size of an image, as lists of one. */
export interface SizeWires {
  readonly height: Wire;
  readonly width: Wire;
}

/** Of each pixel of a resized side: the two pixels around it, and the share of the second. */
interface Interpolation {
  readonly first: Wire;
  readonly second: Wire;
  readonly share: Wire;
}

/** `interpolation` of `datasets/images/resize/bilinear.ts`: a 32-bit scale, and 64-bit positions. */
function interpolation(g: GraphBuilder, from: Wire, to: Wire): Interpolation {
  const scale = g.cast(g.div(g.cast(from, 'float32'), g.cast(to, 'float32')), 'float64');
  const centers = g.add(g.cast(g.range(to), 'float64'), 0.5);
  const at = g.max(g.sub(g.mul(scale, centers), 0.5), 0);
  const last = g.sub(from, 1);
  const first = g.min(g.cast(g.floor(at), 'int64'), last);
  return { first, second: g.min(g.add(first, 1), last), share: g.min(g.sub(at, g.cast(first, 'float64')), 1) };
}

/** Rows of an image that a result needs, `[n, W, 3]`, and where in them its pairs are. */
interface NeededRows {
  readonly bytes: Wire;
  readonly first: Wire;
  readonly second: Wire;
}

/** All rows, or, where fewer are needed, those: the first ones of all pairs and then the second ones. */
function neededRows(
  g: GraphBuilder,
  image: Wire,
  [from, to]: readonly [Wire, Wire],
  pairs: { readonly first: Wire; readonly second: Wire },
): NeededRows {
  const most = g.mul(to, 2);
  const areFew = g.greater(from, most);
  const count = g.min(from, most);
  const needed = g.where(areFew, g.gather(g.concat([pairs.first, pairs.second], 0), g.range(count)), g.range(count));
  const places = g.range(to);
  return {
    bytes: g.gather(image, needed),
    first: g.where(areFew, places, pairs.first),
    second: g.where(areFew, g.add(places, to), pairs.second),
  };
}

/**
 * `resizeBilinear`: only the rows that the result needs are looked at.
 *
 * @param values what bytes become before they are interpolated
 */
export function resizedBilinear(
  g: GraphBuilder,
  image: Wire,
  from: SizeWires,
  to: SizeWires,
  values: (bytes: Wire) => Wire,
): Wire {
  const [rows, columns] = [interpolation(g, from.height, to.height), interpolation(g, from.width, to.width)];
  const { bytes, first, second } = neededRows(g, image, [from.height, to.height], rows);
  const column = (indices: Wire) => values(g.gather(bytes, indices, 1));
  const wide = between(g, column(columns.first), column(columns.second), g.reshape(columns.share, -1, 1));
  return between(g, g.gather(wide, first), g.gather(wide, second), g.reshape(rows.share, -1, 1, 1));
}

/** a + (b − a) · share, rounded once. */
function between(g: GraphBuilder, a: Wire, b: Wire, share: Wire): Wire {
  const [from, to] = [g.cast(a, 'float64'), g.cast(b, 'float64')];
  return g.cast(g.add(from, g.mul(g.sub(to, from), share)), 'float32');
}

/** Pillow's weights are integers over 2²². */
const ONE = 2 ** 22;

/** `resizeAntialiased`: Pillow's bilinear filter, as products with matrices, whose sums are exact in 64 bits. Bytes as `float32`. */
export function resizedAntialiased(g: GraphBuilder, image: Wire, from: SizeWires, to: SizeWires): Wire {
  const filtered = (rows: Wire, weights: Wire) => {
    const sums = g.div(g.add(g.matMul(weights, g.cast(rows, 'float64')), ONE / 2), ONE);
    return g.cast(g.min(g.floor(sums), 255), 'float32');
  };
  const columns = g.reshape(g.transpose(image, 1, 0, 2), from.width, -1);
  const wide = g.reshape(filtered(columns, triangleFilter(g, from.width, to.width)), to.width, from.height, 3);
  const rows = g.reshape(g.transpose(wide, 1, 0, 2), from.height, -1);
  return g.reshape(filtered(rows, triangleFilter(g, from.height, to.height)), to.height, to.width, 3);
}

/** `[out, in]`: what each pixel of a side counts for each of the resized one, in whole numbers. */
function triangleFilter(g: GraphBuilder, from: Wire, to: Wire): Wire {
  const double = (x: Wire) => g.cast(x, 'float64');
  const scale = g.div(double(from), double(to));
  const support = g.max(scale, 1);
  const centers = g.unsqueeze(g.mul(g.add(double(g.range(to)), 0.5), scale), 1);
  const cells = double(g.range(from));
  const start = g.max(g.floor(g.add(g.sub(centers, support), 0.5)), 0);
  const end = g.floor(g.add(g.add(centers, support), 0.5));
  const distances = g.op('Abs', [g.mul(g.add(g.sub(cells, centers), 0.5), g.div(1, support))]);
  const isNear = g.and(g.atLeast(cells, start), g.greater(end, cells));
  const shares = g.where(isNear, g.max(g.sub(1, distances), 0), 0);
  return g.floor(g.add(g.mul(g.div(shares, g.reduceSum(shares, [1], 1)), ONE), 0.5));
}

/** Of each pixel of a side resized in OpenCV's way: the two pixels around it, and their weights in whole numbers. */
interface FixedInterpolation {
  readonly first: Wire;
  readonly second: Wire;
  readonly ofFirst: Wire;
  readonly ofSecond: Wire;
}

/** `fixedInterpolation`. */
function fixedInterpolation(g: GraphBuilder, from: Wire, to: Wire, isOfColumns: boolean): FixedInterpolation {
  const double = (x: Wire) => g.cast(x, 'float64');
  const scale = g.div(1, g.div(double(to), double(from)));
  const at = g.cast(g.sub(g.mul(g.add(double(g.range(to)), 0.5), scale), 0.5), 'float32');
  const floor = g.floor(at);
  const [cell, last] = [g.cast(floor, 'int64'), g.sub(from, 1)];
  const isInside = g.and(g.atLeast(cell, 0), g.greater(last, cell));
  const share = isOfColumns ? g.where(isInside, g.sub(at, floor), 0) : g.sub(at, floor);
  const weight = (part: Wire) => double(g.op('Round', [g.mul(part, 2 ** 11)]));
  const within = (place: Wire) => g.min(g.max(place, 0), last);
  return {
    ...{ first: within(cell), second: within(g.add(cell, 1)) },
    ...{ ofFirst: weight(g.sub(1, share)), ofSecond: weight(share) },
  };
}

/** `resizePlain`: OpenCV's bilinear resizing, in whole numbers, which 64 bits hold exactly. Bytes as `float32`. */
export function resizedPlain(g: GraphBuilder, image: Wire, from: SizeWires, to: SizeWires): Wire {
  const columns = fixedInterpolation(g, from.width, to.width, true);
  const rows = fixedInterpolation(g, from.height, to.height, false);
  const { bytes, first, second } = neededRows(g, image, [from.height, to.height], rows);
  const shifted = (x: Wire, bits: number) => g.floor(g.div(x, 2 ** bits));
  const column = (indices: Wire, weights: Wire) =>
    g.mul(g.cast(g.gather(bytes, indices, 1), 'float64'), g.reshape(weights, -1, 1));
  const wide = g.add(column(columns.first, columns.ofFirst), column(columns.second, columns.ofSecond));
  const row = (indices: Wire, weights: Wire) =>
    shifted(g.mul(g.gather(shifted(wide, 4), indices), g.reshape(weights, -1, 1, 1)), 16);
  const sum = g.add(row(first, rows.ofFirst), row(second, rows.ofSecond));
  return g.cast(shifted(g.add(sum, 2), 2), 'float32');
}

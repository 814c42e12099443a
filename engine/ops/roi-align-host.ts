/**
 * ROIAlign (He et al. 2017, Mask R-CNN, section 3) and its gradient on the host: the reference for every other
 * implementation. Equal to `torchvision.ops.roi_align`, on maps with channels last.
 *
 * Sampling points lie on a regular grid, so the interpolation along y and x is computed once per region; the loops over
 * channels only multiply and add.
 *
 * Shapes: N images, R regions, C channels, H×W map, P×Q output bins.
 */
const { fround } = Math;

export interface RoiAlignOptions {
  /** Bins of the output. */
  readonly outputSize: readonly [rows: number, columns: number];
  /** Size of the map relative to the image that regions are measured in. */
  readonly spatialScale: number;
  /** Points per bin along each axis. 0 or less: one point per cell of the map, rounded up. */
  readonly samplingRatio: number;
  /** True for half-pixel centers (ROIAlignV2); false for torchvision's default, where regions are at least 1 cell. */
  readonly aligned: boolean;
}

/** [N, H, W, C] */
export type FeatureShape = readonly [images: number, height: number, width: number, channels: number];

/** The sampling points of one region along one axis, `perBin` a bin: two neighboring cells and their weights. */
export interface AxisSamples {
  readonly perBin: number;
  /** The lower cell; -1 for a point outside of the map, which counts as 0. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly lowWeight: Float32Array;
  readonly highWeight: Float32Array;
}

export function axisSamples(
  from: number,
  to: number,
  bins: number,
  cells: number,
  options: RoiAlignOptions,
): AxisSamples {
  const scale = fround(options.spatialScale);
  const offset = options.aligned ? 0.5 : 0;
  const start = fround(fround(from * scale) - offset);
  const extent = fround(fround(fround(to * scale) - offset) - start);
  const length = options.aligned ? extent : Math.max(extent, 1);
  const bin = fround(length / bins);
  const ratio = options.samplingRatio > 0 ? options.samplingRatio : Math.ceil(bin);
  const perBin = Number.isFinite(ratio) ? Math.max(ratio, 0) : 0; // a region with an infinite side has no points
  const count = bins * perBin;
  const low = new Int32Array(count);
  const high = new Int32Array(count);
  const lowWeight = new Float32Array(count);
  const highWeight = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const place = Math.floor(i / perBin);
    const step = fround(fround((i - place * perBin + 0.5) * bin) / perBin);
    const point = fround(fround(start + fround(place * bin)) + step);
    if (!(point >= -1 && point <= cells)) {
      low[i] = -1;
      continue;
    }
    const inside = Math.max(point, 0);
    const cell = Math.floor(inside);
    const last = cell >= cells - 1;
    low[i] = last ? cells - 1 : cell;
    high[i] = last ? cells - 1 : cell + 1;
    highWeight[i] = last ? 0 : inside - cell;
    lowWeight[i] = 1 - highWeight[i];
  }
  return { perBin, low, high, lowWeight, highWeight };
}

/** A sampling point inside the map: offsets of its bin and its four cells, and the cells' weights in the bin's mean. */
interface Point {
  bin: number;
  readonly cells: Int32Array;
  readonly weights: Float32Array;
}

/** Moves one point's channels from the map to the pooled output (forward), or back (gradient). */
type Transfer = (map: Float32Array, pooled: Float32Array, point: Point, channels: number) => void;

function transferPoints(
  map: Float32Array,
  [images, height, width, channels]: FeatureShape,
  regions: Float32Array,
  pooled: Float32Array,
  options: RoiAlignOptions,
  transfer: Transfer,
): void {
  const [rows, columns] = options.outputSize;
  const point: Point = { bin: 0, cells: new Int32Array(4), weights: new Float32Array(4) };
  const { cells, weights } = point;
  for (let region = 0, r = 0; r < regions.length; region++, r += 5) {
    const image = regions[r];
    if (!(image >= 0 && image < images)) throw new RangeError(`region ${region} names image ${image} of ${images}`);
    const xs = axisSamples(regions[r + 1], regions[r + 3], columns, width, options);
    const ys = axisSamples(regions[r + 2], regions[r + 4], rows, height, options);
    const points = xs.perBin * ys.perBin;
    for (let y = 0; y < ys.low.length; y++) {
      if (ys.low[y] < 0) continue;
      const top = (image * height + ys.low[y]) * width;
      const bottom = (image * height + ys.high[y]) * width;
      const binRow = (region * rows + Math.floor(y / ys.perBin)) * columns;
      for (let x = 0; x < xs.low.length; x++) {
        if (xs.low[x] < 0) continue;
        point.bin = (binRow + Math.floor(x / xs.perBin)) * channels;
        cells[0] = (top + xs.low[x]) * channels;
        cells[1] = (top + xs.high[x]) * channels;
        cells[2] = (bottom + xs.low[x]) * channels;
        cells[3] = (bottom + xs.high[x]) * channels;
        weights[0] = (ys.lowWeight[y] * xs.lowWeight[x]) / points;
        weights[1] = (ys.lowWeight[y] * xs.highWeight[x]) / points;
        weights[2] = (ys.highWeight[y] * xs.lowWeight[x]) / points;
        weights[3] = (ys.highWeight[y] * xs.highWeight[x]) / points;
        transfer(map, pooled, point, channels);
      }
    }
  }
}

const gather: Transfer = (map, pooled, { bin, cells, weights }, channels) => {
  const [a, b, c, d] = [cells[0], cells[1], cells[2], cells[3]];
  const [wa, wb, wc, wd] = [weights[0], weights[1], weights[2], weights[3]];
  for (let i = 0; i < channels; i++) {
    pooled[bin + i] += wa * map[a + i] + wb * map[b + i] + wc * map[c + i] + wd * map[d + i];
  }
};

const scatter: Transfer = (map, pooled, { bin, cells, weights }, channels) => {
  const [a, b, c, d] = [cells[0], cells[1], cells[2], cells[3]];
  const [wa, wb, wc, wd] = [weights[0], weights[1], weights[2], weights[3]];
  for (let i = 0; i < channels; i++) {
    const value = pooled[bin + i];
    map[a + i] += wa * value;
    map[b + i] += wb * value;
    map[c + i] += wc * value;
    map[d + i] += wd * value;
  }
};

/**
 * @param features [N, H, W, C] @param regions [R, 5], rows [image, x1, y1, x2, y2]
 * @returns [R, P, Q, C]
 *
 * Points more than one cell outside of the map, and regions with NaN or (with an adaptive number of points) infinite
 * corners, contribute 0.
 */
export function roiAlign(
  features: Float32Array,
  shape: FeatureShape,
  regions: Float32Array,
  options: RoiAlignOptions,
): Float32Array {
  const [rows, columns] = options.outputSize;
  const pooled = new Float32Array((regions.length / 5) * rows * columns * shape[3]);
  transferPoints(features, shape, regions, pooled, options, gather);
  return pooled;
}

/**
 * The gradient with respect to the features.
 * @param gradient [R, P, Q, C], of the pooled output @param shape of the features
 * @returns [N, H, W, C]
 */
export function roiAlignGradient(
  gradient: Float32Array,
  shape: FeatureShape,
  regions: Float32Array,
  options: RoiAlignOptions,
): Float32Array {
  const out = new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]);
  transferPoints(out, shape, regions, gradient, options, scatter);
  return out;
}

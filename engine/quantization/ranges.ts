import { ResnetCocoError } from '../../errors.ts';
import type { Range } from './eight-bits.ts';

/**
 * How a range is chosen. `minmax`: the least and the greatest value. `percentile`: without one in a hundred thousand at either
 * end. `entropy`: the range whose bytes lose the least information (Migacz 2017, "8-bit inference with TensorRT").
 */
export const rangeMethods = ['minmax', 'percentile', 'entropy'] as const;
export type RangeMethod = (typeof rangeMethods)[number];

/** The share of values beyond the range, at either end. */
const BEYOND = 1e-5;
/** Values that are kept; of more, every second, fourth … sample. */
const MOST_KEPT = 2 ** 20;

/** What is seen of an activation. */
export class ObservedRange {
  #least = 0;
  #greatest = 0;
  #samples: Float32Array[] = [];
  #kept = 0;
  #seen = 0;
  #every = 1;

  /** @throws ResnetCocoError BAD_MODEL for values that are not finite */
  add(name: string, least: number, greatest: number, sample: Float32Array): void {
    if (!Number.isFinite(least) || !Number.isFinite(greatest)) {
      throw new ResnetCocoError('BAD_MODEL', `${name} gives values that are not finite; its weights are damaged`);
    }
    this.#least = Math.min(this.#least, least);
    this.#greatest = Math.max(this.#greatest, greatest);
    if (this.#seen++ % this.#every) return;
    this.#samples.push(sample);
    this.#kept += sample.length;
    if (this.#kept <= MOST_KEPT) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
    this.#kept = this.#samples.reduce((sum, { length }) => sum + length, 0);
    this.#every *= 2;
  }

  /** The range of the values, which always has zero in it. */
  range(method: RangeMethod): Range {
    const whole = [this.#least, this.#greatest] as const;
    if (method === 'minmax' || !this.#kept) return whole;
    const values = new Float32Array(this.#kept);
    let at = 0;
    for (const sample of this.#samples) {
      values.set(sample, at);
      at += sample.length;
    }
    return method === 'percentile' ? percentiles(values.sort(), whole) : leastDivergence(values, whole);
  }
}

function percentiles(sorted: Float32Array, [least, greatest]: Range): Range {
  const beyond = Math.floor(sorted.length * BEYOND);
  const [from, to] = [sorted[beyond], sorted[sorted.length - 1 - beyond]];
  // Where fewer values are beyond than were sampled, the extremes are those of all values.
  return [Math.min(0, beyond ? from : least), Math.max(0, beyond ? to : greatest)];
}

/** Bins of the histogram of absolute values, and those of a byte's positive half. */
const [BINS, LEVELS] = [2048, 128];
/** The share of a bin that has only what was clipped. */
const LEAST_SHARE = 1e-9;

/** The range that is cut at the distance from zero with the least Kullback–Leibler divergence. */
function leastDivergence(values: Float32Array, [least, greatest]: Range): Range {
  const most = Math.max(-least, greatest);
  if (!most) return [least, greatest];
  const histogram = new Float64Array(BINS);
  for (const value of values) {
    // Zeros, which every range has exactly, would outweigh all others.
    if (value !== 0) histogram[Math.min(BINS - 1, Math.floor((Math.abs(value) / most) * BINS))]++;
  }
  let [best, bestBins] = [Number.POSITIVE_INFINITY, BINS];
  for (let bins = LEVELS; bins <= BINS; bins += LEVELS / 8) {
    const divergence = divergenceAt(histogram, bins);
    if (divergence < best) [best, bestBins] = [divergence, bins];
  }
  const cut = (bestBins / BINS) * most;
  return [Math.max(least, -cut), Math.min(greatest, cut)];
}

/** Of the values, clipped after some bins, and the same in as many levels as a byte has. */
function divergenceAt(histogram: Float64Array, bins: number): number {
  const clipped = histogram.slice(0, bins);
  for (let i = bins; i < BINS; i++) clipped[bins - 1] += histogram[i];
  const total = clipped.reduce((sum, count) => sum + count, 0);
  if (!total) return Number.POSITIVE_INFINITY;
  let [divergence, expectedTotal] = [0, 0];
  const expected = new Float64Array(bins);
  for (let level = 0; level < LEVELS; level++) {
    const [start, end] = [Math.floor((level * bins) / LEVELS), Math.floor(((level + 1) * bins) / LEVELS)];
    let [sum, filled] = [0, 0];
    for (let i = start; i < end; i++) {
      // Without what was clipped.
      sum += histogram[i];
      filled += Number(histogram[i] > 0);
    }
    for (let i = start; i < end; i++) if (histogram[i] > 0) expected[i] = sum / filled;
    expectedTotal += sum;
  }
  if (!expectedTotal) return Number.POSITIVE_INFINITY;
  for (let i = 0; i < bins; i++) {
    if (!clipped[i]) continue;
    const [p, q] = [clipped[i] / total, Math.max(LEAST_SHARE, expected[i] / expectedTotal)];
    divergence += p * Math.log(p / q);
  }
  return divergence;
}

/**
 * Draws a balanced mini-batch of anchors or proposals for a loss (Ren et al. 2015, section 3.1.3). Equal in law to
 * `torchvision/models/detection/_utils.py: BalancedPositiveNegativeSampler`.
 */
import type { Random } from '../../io/random.ts';

export interface SamplerOptions {
  /** Elements to draw in all. */
  readonly batchSizePerImage: number;
  /** The greatest share of positives; negatives fill what positives leave. */
  readonly positiveFraction: number;
}

export interface Sample {
  /** Rows of the drawn positives, ascending. */
  readonly positive: Int32Array;
  /** Rows of the drawn negatives, ascending. */
  readonly negative: Int32Array;
}

/**
 * @param labels One per element: ≥ 1 is a positive, 0 a negative, anything below is never drawn.
 * @returns fewer than asked for where there are not enough
 */
export function sampleBalanced(
  labels: Int32Array | Float32Array,
  { batchSizePerImage, positiveFraction }: SamplerOptions,
  random: Random,
): Sample {
  const positive: number[] = [];
  const negative: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= 1) positive.push(i);
    else if (labels[i] === 0) negative.push(i);
  }
  const positives = Math.min(positive.length, Math.floor(batchSizePerImage * positiveFraction));
  const negatives = Math.min(negative.length, batchSizePerImage - positives);
  const draw = (rows: number[], count: number) => Int32Array.from(random.shuffle(rows, count).slice(0, count)).sort();
  return { positive: draw(positive, positives), negative: draw(negative, negatives) };
}

/**
 * Score thresholds as in the whole toolkit and in torchvision: a detection is kept if its score is strictly above. A
 * suggested threshold is short to write and, even when rounded, keeps the detection it comes from.
 */

/** Pages show scores as percentages with one decimal, flags as numbers with three. */
const SHOWN_DIGITS = 3;

/** A double has no more digits. */
const MOST_DIGITS = 17;

/**
 * The number with the fewest digits (two decimals or more), and of those the highest, that keeps one score and drops
 * the next lower one, in double and single precision.
 */
export function thresholdBetween(kept: number, leftOut = -Number.MAX_VALUE): number {
  const separates = (threshold: number) =>
    threshold < kept && Math.fround(threshold) < kept && threshold >= leftOut && Math.fround(threshold) >= leftOut;
  for (let digits = 2; digits < MOST_DIGITS; digits++) {
    const scale = 10 ** digits;
    const highest = Math.ceil(kept * scale);
    // The product is inexact: one of these is the highest number below the score.
    const threshold = [0, 1, 2].map((steps) => (highest - steps) / scale).find(separates);
    if (threshold !== undefined) return threshold;
  }
  return leftOut;
}

/** A threshold as shown to users: three decimals, rounded down. */
export function shownThreshold(threshold: number): number {
  const scale = 10 ** SHOWN_DIGITS;
  return Math.floor(threshold * scale + 1e-9) / scale;
}

/**
 * Score thresholds as everywhere in the toolkit, and in torchvision: what is kept has a score strictly above. A
 * threshold that is suggested is short to write and, whatever it is rounded to, keeps the detection it was derived from.
 */

/** Scores are percentages of one decimal on pages, and numbers of as many digits in flags. */
const SHOWN_DIGITS = 3;

/** Doubles have no more. */
const MOST_DIGITS = 17;

/**
 * The shortest number of two decimals or more, and of those the highest, that keeps one score and leaves out the next
 * lower one, in double and in single precision.
 */
export function thresholdBetween(kept: number, leftOut = -Number.MAX_VALUE): number {
  const separates = (threshold: number) =>
    threshold < kept && Math.fround(threshold) < kept && threshold >= leftOut && Math.fround(threshold) >= leftOut;
  for (let digits = 2; digits < MOST_DIGITS; digits++) {
    const scale = 10 ** digits;
    const highest = Math.ceil(kept * scale);
    // The product is not exact: the highest number below the score is one of these.
    const threshold = [0, 1, 2].map((steps) => (highest - steps) / scale).find(separates);
    if (threshold !== undefined) return threshold;
  }
  return leftOut;
}

/** A threshold as people are told it, in three decimals, rounded down. */
export function shownThreshold(threshold: number): number {
  const scale = 10 ** SHOWN_DIGITS;
  return Math.floor(threshold * scale + 1e-9) / scale;
}

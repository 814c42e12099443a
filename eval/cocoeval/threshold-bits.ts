/** Outcomes have one bit per threshold, 32 in a word. */

/** The bits of a word in which there is a threshold. */
export const bitsOf = (thresholds: number, word: number): number =>
  thresholds - 32 * word >= 32 ? 0xffffffff : 2 ** (thresholds - 32 * word) - 1;

/** Where the loss of a difference goes over from a parabola to a line: torchvision's detectors have 1/9. */
const BETA = 1 / 9;

/** Smooth L1 (Girshick 2015, equation 3, with its point of change at β): d² / 2β within ±β, else |d| − β/2. */
export function smoothL1(difference: number): number {
  const size = Math.abs(difference);
  return size < BETA ? (0.5 * size * size) / BETA : size - 0.5 * BETA;
}

/** Its derivative. */
export function smoothL1Slope(difference: number): number {
  return Math.abs(difference) < BETA ? difference / BETA : Math.sign(difference);
}

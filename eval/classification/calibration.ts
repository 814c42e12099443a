/** Predictions with a probability in (lower, upper]. */
export interface ReliabilityBin {
  readonly lower: number;
  readonly upper: number;
  readonly images: number;
  /** Share of right predictions; null when there are none. */
  readonly accuracy: number | null;
  /** Mean probability; null when there are none. */
  readonly confidence: number | null;
}

const BINS = 15;

/** Measures how often predictions of a given probability are right, in 15 bins of equal width (Guo et al., 2017). */
export class Calibration {
  readonly #images = new Array<number>(BINS).fill(0);
  readonly #right = new Array<number>(BINS).fill(0);
  readonly #confidence = new Array<number>(BINS).fill(0);

  /** @param confidence probability of the predicted class, above 0 */
  add(confidence: number, right: boolean): void {
    const bin = Math.min(BINS, Math.max(1, Math.ceil(confidence * BINS))) - 1;
    this.#images[bin]++;
    this.#confidence[bin] += confidence;
    if (right) this.#right[bin]++;
  }

  bins(): ReliabilityBin[] {
    return this.#images.map((images, i) => ({
      lower: i / BINS,
      upper: (i + 1) / BINS,
      images,
      accuracy: images ? this.#right[i] / images : null,
      confidence: images ? this.#confidence[i] / images : null,
    }));
  }
}

/** Expected calibration error: mean gap between accuracy and confidence over all images; NaN without images. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const images = bins.reduce((sum, bin) => sum + bin.images, 0);
  const gaps = bins.reduce((sum, bin) => sum + bin.images * Math.abs((bin.accuracy ?? 0) - (bin.confidence ?? 0)), 0);
  return gaps / images;
}

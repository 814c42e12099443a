/**
 * The box coder of the R-CNN family: a box relative to a reference box as center offsets in units of the reference's
 * sides and log side ratios, each times a weight (Girshick et al. 2014, appendix C). Equal to
 * `torchvision/models/detection/_utils.py: BoxCoder`, in single precision; exp and log may differ from torch's
 * vectorized ones in the last bit.
 *
 * Shapes: R reference boxes, K codes for each (one per class, or 1).
 */
import type { Boxes } from './boxes.ts';

const { fround } = Math;

/** Weights of dx, dy, dw, dh. */
export type BoxWeights = readonly [dx: number, dy: number, dw: number, dh: number];

/** The RPN's weights. */
export const RPN_BOX_WEIGHTS: BoxWeights = [1, 1, 1, 1];

/** The box head's weights: targets of about unit variance. */
export const ROI_BOX_WEIGHTS: BoxWeights = [10, 10, 5, 5];

/** dw and dh are held below log(1000/16), so that exp gives no box beyond 62.5 times its reference. */
export const MAX_LOG_RATIO = fround(Math.log(1000 / 16));

/** Whether log ratios of sides are held below the bound only, or above its negative, too, as MMDetection does. */
export type RatioClip = 'above' | 'both';

export class BoxCoder {
  readonly weights: BoxWeights;
  readonly #least: number;

  constructor(weights: BoxWeights, clip: RatioClip = 'above') {
    this.weights = weights;
    this.#least = clip === 'both' ? -MAX_LOG_RATIO : Number.NEGATIVE_INFINITY;
  }

  /**
   * The codes that lead from each reference box to its target box.
   * @param targets [R, 4] @param references [R, 4], of positive width and height
   * @returns [R, 4]; infinite or NaN where a side is 0, as in torchvision
   */
  encode(targets: Boxes, references: Boxes): Float32Array {
    const [wx, wy, ww, wh] = this.weights.map(fround);
    const codes = new Float32Array(references.length);
    for (let b = 0; b < references.length; b += 4) {
      const width = fround(references[b + 2] - references[b]);
      const height = fround(references[b + 3] - references[b + 1]);
      const targetWidth = fround(targets[b + 2] - targets[b]);
      const targetHeight = fround(targets[b + 3] - targets[b + 1]);
      const shiftX = fround(fround(targets[b] + 0.5 * targetWidth) - fround(references[b] + 0.5 * width));
      const shiftY = fround(fround(targets[b + 1] + 0.5 * targetHeight) - fround(references[b + 1] + 0.5 * height));
      codes[b] = fround(wx * shiftX) / width;
      codes[b + 1] = fround(wy * shiftY) / height;
      codes[b + 2] = ww * fround(Math.log(fround(targetWidth / width)));
      codes[b + 3] = wh * fround(Math.log(fround(targetHeight / height)));
    }
    return codes;
  }

  /**
   * The boxes that the codes name.
   * @param codes [R, 4] or [R, K, 4] @param references [R, 4]
   * @returns of the shape of `codes`
   */
  decode(codes: Float32Array, references: Boxes): Boxes {
    const out = new Float32Array(codes.length);
    const perReference = codes.length / references.length;
    for (let row = 0; row < codes.length >> 2; row++) {
      this.decodeRow(codes, row, references, Math.floor(row / perReference), out, row);
    }
    return out;
  }

  /**
   * Decodes one code and writes the box to a row of `out`: for callers that need only some of many codes. Rows count in
   * fours. A NaN code gives NaN, an infinite offset an infinite box, an infinite log ratio is clamped.
   */
  decodeRow(
    codes: Float32Array,
    codeRow: number,
    references: Boxes,
    referenceRow: number,
    out: Boxes,
    outRow: number,
  ): void {
    const c = codeRow * 4;
    const r = referenceRow * 4;
    const o = outRow * 4;
    const weights = this.weights;
    const width = fround(references[r + 2] - references[r]);
    const height = fround(references[r + 3] - references[r + 1]);
    const dw = Math.max(Math.min(fround(codes[c + 2] / weights[2]), MAX_LOG_RATIO), this.#least);
    const dh = Math.max(Math.min(fround(codes[c + 3] / weights[3]), MAX_LOG_RATIO), this.#least);
    const shiftX = fround(fround(codes[c] / weights[0]) * width);
    const shiftY = fround(fround(codes[c + 1] / weights[1]) * height);
    const centerX = fround(shiftX + fround(references[r] + 0.5 * width));
    const centerY = fround(shiftY + fround(references[r + 1] + 0.5 * height));
    const halfWidth = 0.5 * fround(fround(Math.exp(dw)) * width);
    const halfHeight = 0.5 * fround(fround(Math.exp(dh)) * height);
    out[o] = centerX - halfWidth;
    out[o + 1] = centerY - halfHeight;
    out[o + 2] = centerX + halfWidth;
    out[o + 3] = centerY + halfHeight;
  }
}

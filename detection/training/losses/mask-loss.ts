/**
 * What the mask head is trained for (He et al. 2017, Mask R-CNN, section 3). Equal to
 * `torchvision/models/detection/roi_heads.py: project_masks_on_boxes, maskrcnn_loss`, computed on the host: only the
 * logits of each sample's own class count, one channel of K.
 *
 * Shapes: S samples with an object that has a mask, M × M mask logits, K classes, H × W pixels of the image.
 */
import type { ObjectMask } from '../../../datasets/index.ts';
import { axisSamples } from '../../../engine/ops/roi-align-host.ts';
import type { ImageSize } from '../../ops/boxes.ts';

/**
 * The part of a mask in a box, resized to M × M by ROIAlign: shares of each cell that are in the mask, from 0 to 1.
 *
 * @param box x1, y1, x2, y2 in pixels of the image @param image the size of the image, where samples end
 */
export function maskTarget(mask: ObjectMask, box: ArrayLike<number>, side: number, image: ImageSize): Float32Array {
  const options = { outputSize: [side, side], spatialScale: 1, samplingRatio: 0, aligned: false } as const;
  const columns = axisSamples(box[0], box[2], side, image.width, options);
  const rows = axisSamples(box[1], box[3], side, image.height, options);
  const { data, height, left, top, width } = mask;
  const at = (row: number, column: number): number => {
    const [y, x] = [row - top, column - left];
    return y >= 0 && y < height && x >= 0 && x < width ? data[y * width + x] : 0;
  };
  const points = columns.perBin * rows.perBin;
  const target = new Float32Array(side * side);
  for (let y = 0; y < rows.low.length; y++) {
    if (rows.low[y] < 0) continue;
    const [upper, lower] = [rows.low[y], rows.high[y]];
    const bin = Math.floor(y / rows.perBin) * side;
    for (let x = 0; x < columns.low.length; x++) {
      if (columns.low[x] < 0) continue;
      const [nearer, farther] = [columns.low[x], columns.high[x]];
      const [ofLeft, ofRight] = [columns.lowWeight[x], columns.highWeight[x]];
      const value =
        rows.lowWeight[y] * (ofLeft * at(upper, nearer) + ofRight * at(upper, farther)) +
        rows.highWeight[y] * (ofLeft * at(lower, nearer) + ofRight * at(lower, farther));
      target[bin + Math.floor(x / columns.perBin)] += value / points;
    }
  }
  return target;
}

export interface MaskLoss {
  /** Mean binary cross-entropy over all cells of all samples. */
  readonly mask: number;
  /** Its gradient, of the shape of the logits. */
  readonly gradient: Float32Array;
}

/** log(1 + e^x) without overflow. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * 0 without samples.
 *
 * @param logits `[S, M, M, K]` @param labels `[S]` @param targets `[M, M]` of each sample
 */
export function maskLoss(logits: Float32Array, labels: Int32Array, targets: readonly Float32Array[]): MaskLoss {
  const gradient = new Float32Array(logits.length);
  const cells = targets[0]?.length ?? 0;
  const count = labels.length * cells;
  const classes = count ? logits.length / count : 0;
  let mask = 0;
  for (const [sample, label] of labels.entries()) {
    for (let cell = 0; cell < cells; cell++) {
      const at = (sample * cells + cell) * classes + label;
      const [logit, target] = [logits[at], targets[sample][cell]];
      // −t·log σ(x) − (1 − t)·log(1 − σ(x))
      mask += (softplus(logit) - target * logit) / count;
      gradient[at] = (1 / (1 + Math.exp(-logit)) - target) / count;
    }
  }
  return { mask, gradient };
}

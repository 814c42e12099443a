/**
 * What the keypoint head is trained for (He et al. 2017, Mask R-CNN, section 5). Equal to
 * `torchvision/models/detection/roi_heads.py: keypoints_to_heatmap, keypointrcnn_loss`, computed on the host.
 *
 * Shapes: S samples with an object that has keypoints, K joints, M × M heatmap of each.
 */

/** A sample's cell for each joint, row · M + column; −1 for one that is not visible or outside of the box. `[K]` */
export type KeypointTarget = Int32Array;

/**
 * @param keypoints `[K, 3]`: x, y in pixels, and visibility, above 0 for a labeled joint
 * @param box x1, y1, x2, y2 in pixels
 */
export function keypointTarget(keypoints: ArrayLike<number>, box: ArrayLike<number>, side: number): KeypointTarget {
  const { floor, fround } = Math;
  const cell = (value: number, from: number, to: number): number => {
    if (value === to) return side - 1;
    return floor(fround(fround(value - from) * fround(side / fround(to - from))));
  };
  return Int32Array.from({ length: keypoints.length / 3 }, (_, joint) => {
    const x = cell(fround(keypoints[3 * joint]), box[0], box[2]);
    const y = cell(fround(keypoints[3 * joint + 1]), box[1], box[3]);
    const isInside = x >= 0 && y >= 0 && x < side && y < side;
    return isInside && keypoints[3 * joint + 2] > 0 ? y * side + x : -1;
  });
}

export interface KeypointLoss {
  /** Mean cross-entropy over the cells of a heatmap, of all joints that have a cell. */
  readonly keypoints: number;
  /** Its gradient, of the shape of the logits. */
  readonly gradient: Float32Array;
}

/**
 * 0 where no joint has a cell.
 *
 * @param logits `[S, M, M, K]` @param targets of each sample
 */
export function keypointLoss(logits: Float32Array, targets: readonly KeypointTarget[]): KeypointLoss {
  const gradient = new Float32Array(logits.length);
  const count = targets.reduce((sum, target) => sum + target.filter((cell) => cell >= 0).length, 0);
  const joints = targets[0]?.length ?? 0;
  const cells = joints ? logits.length / (targets.length * joints) : 0;
  let keypoints = 0;
  for (const [sample, target] of targets.entries()) {
    for (const [joint, cell] of target.entries()) {
      if (cell < 0) continue;
      const first = sample * cells * joints + joint;
      const logit = (i: number) => logits[first + i * joints];
      let greatest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < cells; i++) greatest = Math.max(greatest, logit(i));
      let sum = 0;
      for (let i = 0; i < cells; i++) sum += Math.exp(logit(i) - greatest);
      const logSum = greatest + Math.log(sum);
      keypoints += (logSum - logit(cell)) / count;
      for (let i = 0; i < cells; i++) {
        gradient[first + i * joints] = (Math.exp(logit(i) - logSum) - (i === cell ? 1 : 0)) / count;
      }
    }
  }
  return { keypoints, gradient };
}

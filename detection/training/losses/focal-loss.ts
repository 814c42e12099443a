/**
 * The focal loss (Lin et al. 2017, "Focal loss for dense object detection", equation 5): −α_t (1 − p_t)^γ log p_t, the
 * cross-entropy of a sigmoid in which easy examples count little. Equal to `torchvision/ops/focal_loss.py` with its
 * defaults α = ¼ and γ = 2.
 */
const ALPHA = 0.25;

/** What a logit loses, and the derivative by the logit. */
export interface Focal {
  loss: number;
  slope: number;
}

/**
 * With z the logit that speaks for the truth, p_t = σ(z); the derivative of (1 − p_t)² log(1 + e^−z) by z is
 * −(1 − p_t)² (2 p_t log(1 + e^−z) + 1 − p_t).
 *
 * @param into where the results go: there are millions of logits
 */
export function focalLoss(logit: number, isObject: boolean, into: Focal): void {
  const z = isObject ? logit : -logit;
  const small = Math.exp(-Math.abs(z));
  // Of p_t and 1 − p_t, each without cancellation.
  const [right, wrong] = z >= 0 ? [1, small] : [small, 1];
  const [p, rest] = [right / (1 + small), wrong / (1 + small)];
  // log(1 + e^−z) without overflow.
  const crossEntropy = Math.max(-z, 0) + Math.log1p(small);
  const weight = (isObject ? ALPHA : 1 - ALPHA) * rest * rest;
  into.loss = weight * crossEntropy;
  const slope = -weight * (2 * p * crossEntropy + rest);
  into.slope = isObject ? slope : -slope;
}

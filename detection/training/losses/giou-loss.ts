/**
 * The loss of the generalized IoU of two boxes (Rezatofighi et al. 2019): 1 − I / U + (C − U) / C, with I their
 * intersection, U their union, and C the smallest box that holds both. Equal to `torchvision/ops/giou_loss.py`.
 */
const EPSILON = 1e-7;

/** x1, y1, x2, y2. */
export type Box = readonly [number, number, number, number];

export interface GiouLoss {
  readonly loss: number;
  /** By the sides of the first box. */
  readonly gradient: Box;
}

/** The share of a maximum's gradient that goes to `a`: half of it where both are equal, as in torch. */
const shareOfGreater = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);

export function giouLoss([x1, y1, x2, y2]: Box, [a1, b1, a2, b2]: Box): GiouLoss {
  const [width, height] = [Math.min(x2, a2) - Math.max(x1, a1), Math.min(y2, b2) - Math.max(y1, b1)];
  const overlaps = width > 0 && height > 0;
  const intersection = overlaps ? width * height : 0;
  const union = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - intersection;
  const [across, down] = [Math.max(x2, a2) - Math.min(x1, a1), Math.max(y2, b2) - Math.min(y1, b1)];
  const hull = across * down;

  const [ofUnion, ofHull] = [union + EPSILON, hull + EPSILON];
  const loss = 1 - intersection / ofUnion + (hull - union) / ofHull;
  const byUnion = intersection / ofUnion ** 2 - 1 / ofHull;
  const byIntersection = -1 / ofUnion;
  const byHull = 1 / ofHull - (hull - union) / ofHull ** 2;

  /** By one side; `area`, `inner` and `outer` are how the three areas grow with it. */
  const bySide = (area: number, inner: number, outer: number) => {
    const ofIntersection = overlaps ? inner : 0;
    return byIntersection * ofIntersection + byUnion * (area - ofIntersection) + byHull * outer;
  };
  return {
    loss,
    gradient: [
      bySide(-(y2 - y1), -height * shareOfGreater(x1, a1), -down * shareOfGreater(a1, x1)),
      bySide(-(x2 - x1), -width * shareOfGreater(y1, b1), -across * shareOfGreater(b1, y1)),
      bySide(y2 - y1, height * shareOfGreater(a2, x2), down * shareOfGreater(x2, a2)),
      bySide(x2 - x1, width * shareOfGreater(b2, y2), across * shareOfGreater(y2, b2)),
    ],
  };
}

import type { CocoAnnotation, CocoBox, CocoImage } from '../coco/coco-format.ts';

/** The kinds, in the order in which they are shown. */
export const oddBoxKinds = ['tiny', 'huge', 'repeated', 'conflicting'] as const;
/** A kind of boxes that are probably mistakes. */
export type OddBoxKind = (typeof oddBoxKinds)[number];

/** The longer side of a tiny box, as a share of the image's; the share of the image that a huge one covers. */
export const [TINY, HUGE] = [0.01, 0.95];
/** Boxes of a larger IoU are the same object. */
export const SAME_OBJECT = 0.9;

/** The annotations of an oddity: one, or two that lie on each other. */
export interface OddBox {
  readonly kind: OddBoxKind;
  readonly annotations: readonly CocoAnnotation[];
}

function iou([ax, ay, aw, ah]: CocoBox, [bx, by, bw, bh]: CocoBox): number {
  const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (aw * ah + bw * bh - width * height);
}

/** Finds the odd boxes of an image; crowds may be of any size. */
export function oddBoxes(image: CocoImage, annotations: readonly CocoAnnotation[]): OddBox[] {
  const single = annotations.filter(({ iscrowd }) => !iscrowd);
  const odd: OddBox[] = [];
  const longer = Math.max(image.width, image.height);
  for (const annotation of single) {
    const [, , width, height] = annotation.bbox;
    if (Math.max(width, height) < TINY * longer) odd.push({ kind: 'tiny', annotations: [annotation] });
    if (width * height >= HUGE * image.width * image.height) odd.push({ kind: 'huge', annotations: [annotation] });
  }
  const byLeft = [...single].sort((a, b) => a.bbox[0] - b.bbox[0]);
  for (const [at, a] of byLeft.entries()) {
    // Further right, a box shares too little of this one's width.
    const limit = a.bbox[0] + (1 - SAME_OBJECT) * a.bbox[2];
    for (let other = at + 1; other < byLeft.length && byLeft[other].bbox[0] <= limit; other++) {
      const b = byLeft[other];
      if (iou(a.bbox, b.bbox) < SAME_OBJECT) continue;
      odd.push({ kind: a.category_id === b.category_id ? 'repeated' : 'conflicting', annotations: [a, b] });
    }
  }
  return odd;
}

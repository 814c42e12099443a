import type { Image } from '../images/image.ts';
import type { Color } from './palette.ts';
import { fillDisc, type Point, strokeLine } from './strokes.ts';

/** The joints of an object, as detections have them. */
export interface Pose {
  /** x, y and COCO's visibility of each joint: 0 not labeled, 1 hidden, 2 visible. */
  readonly keypoints: readonly (readonly number[])[];
  /** Of detected joints: logits, above 0 for one that is more likely there than not; others are drawn faint. */
  readonly keypoint_scores?: readonly number[];
  /** Names that begin with `left` or `right` decide the shade. */
  readonly keypoint_names?: readonly string[];
  /** Which joints a line connects, from 1 on. */
  readonly skeleton?: readonly (readonly number[])[];
}

/** The joints of an annotation. @param keypoints x, y, v of each in one list */
export const annotatedPose = (
  keypoints: readonly number[],
  category?: { readonly keypoints?: readonly string[] | undefined; readonly skeleton?: Pose['skeleton'] | undefined },
): Pose => ({
  keypoints: Array.from({ length: Math.floor(keypoints.length / 3) }, (_, i) => keypoints.slice(3 * i, 3 * i + 3)),
  ...(category?.keypoints && { keypoint_names: category.keypoints }),
  ...(category?.skeleton && { skeleton: category.skeleton }),
});

export type BodySide = 'left' | 'right' | 'middle';

export interface DrawnJoint {
  readonly at: Point;
  readonly side: BodySide;
  readonly isFaint: boolean;
  /** Labeled, but not visible. */
  readonly isHidden: boolean;
}

export interface DrawnLimb {
  readonly from: Point;
  readonly to: Point;
  readonly side: BodySide;
  readonly isFaint: boolean;
}

/** Sizes as shares of the picture's mean side. */
const LIMB = 0.00525;
const JOINT = 0.006;
/** Opacity of what is less likely there than not. */
export const FAINT = 0.3;
/** Of a dotted line: a joint may be far outside its picture. */
const MAX_DOTS = 500;
const [BLACK, WHITE]: readonly Color[] = [
  [0, 0, 0],
  [255, 255, 255],
];
/** What the color of the left side is mixed with white, and that of the right side with black. */
export const SHADE = { left: 0.45, right: 0.35 } as const;

/** The joints and limbs to draw: joints that are labeled, and lines between two of them. */
export function skeletonOf({ keypoint_names, keypoint_scores, keypoints, skeleton = [] }: Pose): {
  readonly joints: readonly DrawnJoint[];
  readonly limbs: readonly DrawnLimb[];
} {
  const all = keypoints.map(([x, y, v], i): DrawnJoint | undefined =>
    v > 0 && Number.isFinite(x) && Number.isFinite(y)
      ? {
          at: [x, y],
          side: sideOf(keypoint_names?.[i]),
          isFaint: (keypoint_scores?.[i] ?? 1) <= 0,
          isHidden: v === 1 && !keypoint_scores,
        }
      : undefined,
  );
  const limbs = skeleton.flatMap(([a, b]): DrawnLimb[] => {
    const [from, to] = [all[a - 1], all[b - 1]];
    if (!from || !to) return [];
    return [{ from: from.at, to: to.at, side: sideBetween(from, to), isFaint: from.isFaint || to.isFaint }];
  });
  return { joints: all.filter((joint) => joint !== undefined), limbs };
}

const sideOf = (name = ''): BodySide => (/^(left|right)/i.exec(name)?.[0].toLowerCase() as BodySide) ?? 'middle';

/** A limb from the middle to a side is the side's. */
function sideBetween({ side: a }: DrawnJoint, { side: b }: DrawnJoint): BodySide {
  if (a === b || b === 'middle') return a;
  return a === 'middle' ? b : 'middle';
}

/**
 * Paints limbs, and over them joints: with a white rim, or a black one if hidden.
 *
 * @param isDotted for ground truth beside detections: lines are dotted
 */
export function paintSkeleton(canvas: Image, pose: Pose, color: Color, isDotted = false): void {
  const side = (canvas.width + canvas.height) / 2;
  const radius = Math.max(2, side * JOINT);
  const { joints, limbs } = skeletonOf(pose);
  for (const limb of limbs) {
    const thickness = Math.max(1.5, side * LIMB);
    const parts = isDotted ? dots(limb, 3 * thickness) : [[limb.from, limb.to]];
    for (const [from, to] of parts) {
      strokeLine(canvas, from, to, thickness, shaded(color, limb.side), limb.isFaint ? FAINT : 1);
    }
  }
  for (const joint of joints) {
    const opacity = joint.isFaint ? FAINT : 1;
    fillDisc(canvas, joint.at, radius, joint.isHidden ? BLACK : WHITE, opacity);
    fillDisc(canvas, joint.at, radius * 0.65, shaded(color, joint.side), opacity);
  }
}

/** Points on a line at equal distances of about `apart`, as lines of no length. */
function dots({ from, to }: DrawnLimb, apart: number): [Point, Point][] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const count = Math.max(1, Math.min(MAX_DOTS, Math.round(Math.hypot(dx, dy) / apart)));
  return Array.from({ length: count + 1 }, (_, i) => {
    const dot: Point = [from[0] + (dx * i) / count, from[1] + (dy * i) / count];
    return [dot, dot];
  });
}

function shaded(color: Color, side: BodySide): Color {
  if (side === 'middle') return color;
  const [other, share] = side === 'left' ? [WHITE, SHADE.left] : [BLACK, SHADE.right];
  const [r, g, b] = color.map((level, c) => Math.round(level + (other[c] - level) * share));
  return [r, g, b];
}

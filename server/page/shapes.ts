import { annotatedPose, type BodySide, FAINT, SHADE, skeletonOf } from '../../datasets/draw/skeleton.ts';
import { maskOutline } from '../../datasets/masks/outline.ts';
import { rleFromString } from '../../datasets/masks/rle-string.ts';
import type { DetectionRecord } from '../../detection/results/detection-record.ts';
import type { Category } from './ask.ts';

const outlines = new WeakMap<DetectionRecord, string>();

/** The outline of an object's mask, as a path of SVG and of a canvas; empty where it has no pixels. */
export function outlinePath(object: DetectionRecord): string {
  const known = outlines.get(object);
  if (known !== undefined || !object.segmentation) return known ?? '';
  const { counts, size } = object.segmentation;
  const path = maskOutline(rleFromString(counts, ...size))
    .map((corners) => `M${corners.join(' ')}Z`)
    .join('');
  outlines.set(object, path);
  return path;
}

/** A stroke of a skeleton. */
export interface Stroke {
  /** A path of SVG and of a canvas; that of a joint is a point, and its round ends are a disc. */
  readonly path: string;
  /** In pixels of the screen. */
  readonly width: number;
  readonly color: string;
  readonly opacity: number;
}

const [LIMB, RIM, JOINT] = [3.5, 9, 6];
/** A canvas draws no line without length. */
const DOT = 0.01;

/** The skeleton of an object, in the order of drawing: limbs, and joints with a white rim over them. */
export function skeletonStrokes(
  { keypoint_scores, keypoints }: DetectionRecord,
  category: Category,
  color: string,
): Stroke[] {
  if (!keypoints) return [];
  const pose = annotatedPose(keypoints, category);
  const { joints, limbs } = skeletonOf({ ...pose, ...(keypoint_scores && { keypoint_scores }) });
  const opacityOf = ({ isFaint }: { readonly isFaint: boolean }) => (isFaint ? FAINT : 1);
  const lines = limbs.map((limb): Stroke => {
    const path = `M${limb.from.join(' ')}L${limb.to.join(' ')}`;
    return { path, width: LIMB, color: shaded(color, limb.side), opacity: opacityOf(limb) };
  });
  const dots = joints.flatMap((joint): Stroke[] => {
    const dot = { path: `M${joint.at.join(' ')}h${DOT}`, opacity: opacityOf(joint) };
    return [
      { ...dot, width: RIM, color: '#fff' },
      { ...dot, width: JOINT, color: shaded(color, joint.side) },
    ];
  });
  return [...lines, ...dots];
}

/** Lighter on the left side of a body, darker on its right. */
function shaded(color: string, side: BodySide): string {
  if (side === 'middle') return color;
  return `color-mix(in srgb, ${color}, ${side === 'left' ? 'white' : 'black'} ${100 * SHADE[side]}%)`;
}

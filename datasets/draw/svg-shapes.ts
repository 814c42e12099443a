/** Masks and skeletons as paths of SVG over an image, for pages that include this style. */
import { maskPath } from '../masks/mask-path.ts';
import type { Rle } from '../masks/rle.ts';
import { FAINT, type Pose, SHADE, skeletonOf } from './skeleton.ts';

/** What an object has beside its box. */
export interface Shapes extends Partial<Pose> {
  readonly mask?: { readonly rle: Rle };
}

/** Paths in pixels of the image; none where an object has only a box. */
export interface SvgShapes {
  readonly mask?: string;
  /** Limbs, then joints: the class of each path beside its text. */
  readonly pose?: readonly (readonly [className: string, path: string])[];
}

/** Colors come from `--paint` or `color`, which an element around sets. */
export const shapeStyle = `
.mask { fill: var(--paint, currentColor); fill-opacity: .35; fill-rule: evenodd; stroke: var(--paint, currentColor); stroke-width: 1.5px; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.limb, .joint, .rim { fill: none; stroke: var(--paint, currentColor); stroke-width: 2.5px; stroke-linecap: round; vector-effect: non-scaling-stroke; pointer-events: none; }
.joint { stroke-width: 4px; }
.rim { stroke: #ffffff; stroke-width: 6.5px; }
.rim.hidden { stroke: #000000; }
.left { stroke: color-mix(in srgb, var(--paint, currentColor), #ffffff ${100 * SHADE.left}%); }
.right { stroke: color-mix(in srgb, var(--paint, currentColor), #000000 ${100 * SHADE.right}%); }
.faint { opacity: ${FAINT}; }
`;

/** @param detail what is smaller than this many pixels may be lost */
export function svgShapes({ keypoints, mask, ...pose }: Shapes, detail: number): SvgShapes {
  const path = mask && maskPath(mask.rle, detail);
  const lines = keypoints ? posePaths({ ...pose, keypoints }) : [];
  return { ...(path && { mask: path }), ...(lines.length && { pose: lines }) };
}

/** One path for all that look alike. */
function posePaths(pose: Pose): [string, string][] {
  const { joints, limbs } = skeletonOf(pose);
  const paths = new Map<string, string>();
  const add = (classes: readonly (string | false)[], path: string) => {
    const className = classes.filter(Boolean).join(' ');
    paths.set(className, (paths.get(className) ?? '') + path);
  };
  for (const { from, isFaint, side, to } of limbs) {
    add(['limb', side !== 'middle' && side, isFaint && 'faint'], `M${text(from)}L${text(to)}`);
  }
  for (const { at, isFaint, isHidden } of joints) {
    add(['rim', isHidden && 'hidden', isFaint && 'faint'], `M${text(at)}h0`);
  }
  for (const { at, isFaint, side } of joints) {
    add(['joint', side !== 'middle' && side, isFaint && 'faint'], `M${text(at)}h0`);
  }
  return [...paths];
}

const text = (point: readonly number[]): string => point.map((value) => Number(value.toFixed(1))).join(' ');

/** Boxes with tags, masks and skeletons as SVG over an image, for a page that includes this style. */

import { type SvgShapes, shapeStyle } from '../../datasets/draw/svg-shapes.ts';
import { type CocoBox, textWidth } from '../../datasets/index.ts';
import { escapeHtml } from '../../io/html.ts';

export const boxOverlayStyle = `${shapeStyle}.shot { position: relative; aspect-ratio: 4 / 3; border-radius: 8px; overflow: hidden; background: #101214; }
.shot img { display: block; width: 100%; height: 100%; object-fit: contain; }
.shot svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.shot .small { image-rendering: pixelated; }
.box { fill: transparent; stroke-width: 2; vector-effect: non-scaling-stroke; }
.dashed, .outlined .mask { stroke-dasharray: 6 4; }
.outlined .mask { fill: none; }
.outlined .limb { stroke-dasharray: 1 5; }
.tag text { font-weight: 600; }
.tag { pointer-events: none; }
`;

export interface OverlayBox extends SvgShapes {
  readonly bbox: CocoBox;
  /** Shown in the tag, and first in the tooltip. */
  readonly name: string;
  /** Shown in the tooltip too. */
  readonly kind: string;
  /** Boxes with higher scores place their tags first. */
  readonly score?: number;
  /** A class of the page's style. */
  readonly className: string;
  /** Colors of the box and of the text on it. */
  readonly paint: readonly [fill: string, text: string];
  /** For ground truth; its tag is below if there is room. */
  readonly dashed: boolean;
  /** Whether its name is shown if there is room. */
  readonly tagged: boolean;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Font size as a share of an image's width in a 4:3 frame; a tag is readable in a frame of 340 pixels. */
const FONT = 0.034;
/** The page's font may be wider than the measured one. */
const SLACK = 1.12;

const short = (value: number): number => Number(value.toFixed(2));

/** Longer side in pixels of an image on a page; masks are as fine. */
export const SHOWN_SIDE = 640;

/** Masks, boxes and skeletons, each in order, and over them the tags, without overlaps. */
export function boxOverlay(size: Size, boxes: readonly OverlayBox[]): string {
  return (
    boxes.map(maskOf).join('') +
    boxes.map(boxOf).join('') +
    boxes.map(poseOf).join('') +
    placedTags(
      size,
      boxes.filter(({ tagged }) => tagged),
    ).join('')
  );
}

/** Of ground truth, only the outline: what is found is translucent. */
function maskOf({ className, dashed, mask, paint: [color] }: OverlayBox): string {
  if (!mask) return '';
  return `<g class="${className}${dashed ? ' outlined' : ''}" color="${color}"><path class="mask" d="${mask}"/></g>`;
}

/** Of ground truth, lines are dotted. */
function poseOf({ className, dashed, paint: [color], pose }: OverlayBox): string {
  if (!pose) return '';
  const paths = pose.map(([name, path]) => `<path class="${name}" d="${path}"/>`);
  return `<g class="${className}${dashed ? ' outlined' : ''}" color="${color}">${paths.join('')}</g>`;
}

function boxOf({ bbox, className, dashed, kind, name, paint: [color] }: OverlayBox): string {
  const [x, y, width, height] = bbox.map(short);
  const title = escapeHtml(`${name}: ${kind}`);
  const classes = `box${dashed ? ' dashed' : ''}`;
  return `<g class="${className}"><rect class="${classes}" stroke="${color}" x="${x}" y="${y}" width="${width}" height="${height}"><title>${title}</title></rect></g>`;
}

type Place = readonly [left: number, top: number, right: number];

/** Places the tags of the best first, then of the largest; boxes without room for one keep their tooltip. */
function placedTags({ width, height }: Size, boxes: readonly OverlayBox[]): string[] {
  const font = FONT * Math.max(width, (height * 4) / 3);
  const tall = 1.3 * font;
  const order = [...boxes].sort(
    (a, b) => (b.score ?? 0) - (a.score ?? 0) || b.bbox[2] * b.bbox[3] - a.bbox[2] * a.bbox[3],
  );
  const placed: Place[] = [];
  const isFree = ([left, top, right]: Place) =>
    placed.every(([l, t, r]) => left >= r || right <= l || Math.abs(t - top) >= tall);
  return order.flatMap(({ bbox: [x, y, w, h], className, dashed, name, paint: [fill, ink] }) => {
    const wide = Math.min(width, SLACK * textWidth(name, font) + 0.7 * font);
    const isCut = wide === width;
    const [above, below] = [
      [y - tall, Math.max(0, y)],
      [y + h, y + h - tall],
    ];
    const tops = dashed ? [...below, ...above] : [...above, ...below];
    const places = [x, x + w - wide]
      .map((left) => Math.max(0, Math.min(left, width - wide)))
      .flatMap((left) => tops.map((top): Place => [left, top, left + wide]))
      .filter(([, top]) => top >= 0 && top + tall <= height);
    const place = places.find(isFree);
    if (!place) return [];
    placed.push(place);
    const [left, top] = place;
    const fitted = isCut ? ` textLength="${short(wide - 0.7 * font)}" lengthAdjust="spacingAndGlyphs"` : '';
    return [
      `<g class="tag ${className}"><rect fill="${fill}" x="${short(left)}" y="${short(top)}" width="${short(wide)}" height="${short(tall)}"/><text fill="${ink}" x="${short(left + 0.35 * font)}" y="${short(top + 0.98 * font)}" font-size="${short(font)}"${fitted}>${escapeHtml(name)}</text></g>`,
    ];
  });
}

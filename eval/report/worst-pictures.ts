/** Images with their missed objects and false detections, for a page that includes its style. */

import { type SvgShapes, svgShapes } from '../../datasets/draw/svg-shapes.ts';
import type { ImageSize } from '../../datasets/images/image-size.ts';
import { boxLabel, enlargement } from '../../datasets/index.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { escapeHtml } from '../../io/html.ts';
import type { ImageErrors, JudgedBox } from '../analysis/worst-images.ts';
import { boxOverlay, type OverlayBox, SHOWN_SIDE } from './box-overlay.ts';
import { foreign } from './page.ts';

export const worstPicturesStyle = `
.key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 18px; margin: 0 0 12px; font-size: 14px; }
.key label { display: flex; align-items: center; gap: 8px; }
.key input { width: 16px; height: 16px; margin: 0; accent-color: var(--accent); }
.key svg { width: 20px; height: 14px; margin-right: 7px; vertical-align: -1px; overflow: visible; }
.key span { white-space: nowrap; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 16px; align-items: start; }
.pictures figure, .curves figure { margin: 0; min-width: 0; }
.shot .found, .shot .hit { display: none; }
section:has(.all:checked) .shot .found, section:has(.all:checked) .shot .hit { display: inline; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 10px; padding-top: 6px; font-size: 13px; line-height: 1.35; }
figcaption bdi { max-width: 100%; overflow-wrap: anywhere; }
.absent { padding: 16px; color: #b8c0c8; font-size: 13px; }
`;

/** An image with its preview as the `src` of an image element, or why there is none. */
export type WorstPicture = ImageErrors & ({ readonly dataUrl: string } | { readonly error: string });

/** @param names by category index */
export function worstPictures(pictures: readonly WorstPicture[], names: readonly string[]): string {
  const mark = (kind: keyof typeof KINDS) =>
    `<svg viewBox="0 0 20 14" aria-hidden="true"><rect class="box${KINDS[kind].dashed ? ' dashed' : ''}" stroke="${KINDS[kind].paint[0]}" x="1" y="1" width="18" height="12"/></svg>`;
  const key = `<p class="key"><span>${mark('missed')}object missed</span><span>${mark('false')}false detection</span><label><input type="checkbox" class="all" autocomplete="off">also show what is right:</label><span>${mark('found')}object found</span><span>${mark('hit')}right detection</span></p>`;
  return `${key}<div class="pictures">${pictures.map((picture) => figure(picture, names)).join('')}</div>\n`;
}

function figure(picture: WorstPicture, names: readonly string[]): string {
  const { boxes, falseAlarms, file_name, missed, objects } = picture;
  const counts = `${missed} of ${objects} objects missed, ${falseAlarms} of ${boxes.detections.length} detections false`;
  const shot =
    'dataUrl' in picture
      ? `<img${enlargement(picture) > 1 ? ' class="small"' : ''} src="${picture.dataUrl}" alt="${escapeHtml(`${file_name}: ${counts}`)}" loading="lazy">${drawing(picture, names)}`
      : `<div class="absent">${foreign(picture.error)}</div>`;
  return `<figure><div class="shot">${shot}</div><figcaption><bdi>${escapeHtml(file_name)}</bdi><span class="soft">${counts}</span></figcaption></figure>\n`;
}

/** Colors by outcome, and whether the box is of ground truth. */
const KINDS = {
  missed: { kind: 'missed', paint: ['#ffb000', '#000000'], dashed: true },
  false: { kind: 'false', paint: ['#ff3b6b', '#000000'], dashed: false },
  found: { kind: 'found', paint: ['#7bd88f', '#000000'], dashed: true },
  hit: { kind: 'right', paint: ['#4cc3ff', '#000000'], dashed: false },
} as const;

/** Boxes with errors on top, and the names of errors if there is room. */
function drawing({ boxes, height, width }: ImageErrors, names: readonly string[]): string {
  const detail = Math.max(width, height) / SHOWN_SIDE;
  const drawn = (box: JudgedBox, className: keyof typeof KINDS): OverlayBox => ({
    ...{ ...KINDS[className], bbox: box.bbox },
    ...(box.score !== undefined && { score: box.score }),
    ...shapesOf(box, { width, height }, detail),
    className,
    name: boxLabel(names[box.category], box.score),
    tagged: !box.right,
  });
  const all = [
    ...boxes.objects.map((box) => drawn(box, box.right ? 'found' : 'missed')),
    ...boxes.detections.map((box) => drawn(box, box.right ? 'hit' : 'false')),
  ].sort((a, b) => Number(a.tagged) - Number(b.tagged));
  return `<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">${boxOverlay({ width, height }, all)}</svg>`;
}

const shapesOf = ({ pose, segmentation }: JudgedBox, { height, width }: ImageSize, detail: number): SvgShapes =>
  svgShapes({ ...pose, ...(segmentation && { mask: { rle: toRle(segmentation, height, width) } }) }, detail);

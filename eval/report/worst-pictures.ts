/** Pictures with what was missed and what was seen that is not there, for a page that includes its style. */

import { escapeHtml } from '../../datasets/html.ts';
import type { ImageErrors, JudgedBox } from '../analysis/worst-images.ts';
import { foreign } from './page.ts';

export const worstPicturesStyle = `
.key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 18px; margin: 0 0 12px; font-size: 14px; }
.key label { display: flex; align-items: center; gap: 8px; }
.key input { width: 16px; height: 16px; margin: 0; accent-color: var(--accent); }
.key svg { width: 20px; height: 14px; margin-right: 7px; vertical-align: -1px; overflow: visible; }
.key span { white-space: nowrap; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 16px; align-items: start; }
.pictures figure, .curves figure { margin: 0; min-width: 0; }
.shot { position: relative; aspect-ratio: 4 / 3; border-radius: 8px; overflow: hidden; background: #101214; }
.shot img { display: block; width: 100%; height: 100%; object-fit: contain; }
.shot svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.box { fill: transparent; stroke-width: 2; vector-effect: non-scaling-stroke; }
.missed .box, .box.missed { stroke: #ffb000; stroke-dasharray: 6 3; }
.false .box, .box.false { stroke: #ff3b6b; }
.found .box, .box.found { stroke: #7bd88f; stroke-dasharray: 6 3; }
.hit .box, .box.hit { stroke: #4cc3ff; }
.shot text { fill: #fff; paint-order: stroke; stroke: #000; stroke-width: .22em; stroke-linejoin: round; font-weight: 600; pointer-events: none; }
.shot .found, .shot .hit { display: none; }
section:has(.all:checked) .shot .found, section:has(.all:checked) .shot .hit { display: inline; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 10px; padding-top: 6px; font-size: 13px; line-height: 1.35; }
figcaption bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 100%; }
.absent { padding: 16px; color: #b8c0c8; font-size: 13px; }
`;

/** An image, and its preview as the `src` of an image element or why there is none. */
export type WorstPicture = ImageErrors & ({ readonly dataUrl: string } | { readonly error: string });

/** @param names by a category's place */
export function worstPictures(pictures: readonly WorstPicture[], names: readonly string[]): string {
  const mark = (kind: string) =>
    `<svg viewBox="0 0 20 14" aria-hidden="true"><rect class="box ${kind}" x="1" y="1" width="18" height="12"/></svg>`;
  const key = `<p class="key"><span>${mark('missed')}object missed</span><span>${mark('false')}false detection</span><label><input type="checkbox" class="all" autocomplete="off">show what is right, too:</label><span>${mark('found')}object found</span><span>${mark('hit')}right detection</span></p>`;
  return `${key}<div class="pictures">${pictures.map((picture) => figure(picture, names)).join('')}</div>\n`;
}

function figure(picture: WorstPicture, names: readonly string[]): string {
  const { boxes, falseAlarms, file_name, missed, objects } = picture;
  const shot =
    'dataUrl' in picture
      ? `<img src="${picture.dataUrl}" alt="" loading="lazy">${drawing(picture, names)}`
      : `<div class="absent">${foreign(picture.error)}</div>`;
  const counts = `${missed} of ${objects} missed, ${falseAlarms} false of ${boxes.detections.length}`;
  return `<figure><div class="shot">${shot}</div><figcaption><bdi title="${escapeHtml(file_name)}">${escapeHtml(file_name)}</bdi><span class="soft">${counts}</span></figcaption></figure>\n`;
}

interface Shape extends JudgedBox {
  readonly kind: 'found' | 'hit' | 'missed' | 'false';
  readonly name: string;
}

/** Boxes, errors on top, and the names of errors as far as there is room. */
function drawing({ boxes, height, width }: ImageErrors, names: readonly string[]): string {
  const shapes = [
    ...boxes.objects.map((box): Shape => ({ ...box, kind: box.right ? 'found' : 'missed', name: names[box.category] })),
    ...boxes.detections.map(
      (box): Shape => ({
        ...box,
        kind: box.right ? 'hit' : 'false',
        name: `${names[box.category]} ${box.score?.toFixed(2)}`,
      }),
    ),
  ].sort((a, b) => Number(b.right) - Number(a.right));
  const labels = placedNames(
    shapes.filter(({ right }) => !right),
    Math.max(9, Math.round(Math.max(width, (height * 4) / 3) * 0.028)),
  );
  return `<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">${shapes.map(boxOf).join('')}${labels.join('')}</svg>`;
}

const tenths = (value: number): number => Math.round(10 * value) / 10;
const KINDS = { found: 'found', hit: 'right', missed: 'missed', false: 'false' } as const;

function boxOf({ bbox, kind, name }: Shape): string {
  const [x, y, width, height] = bbox.map(tenths);
  const title = escapeHtml(`${name}: ${KINDS[kind]}`);
  return `<g class="${kind}"><rect class="box" x="${x}" y="${y}" width="${width}" height="${height}"><title>${title}</title></rect></g>`;
}

/** Names at the upper left of their boxes, those of false detections and large objects first; none over another. */
function placedNames(shapes: readonly Shape[], fontSize: number): string[] {
  const order = [...shapes].sort(
    (a, b) => (b.score ?? 0) - (a.score ?? 0) || b.bbox[2] * b.bbox[3] - a.bbox[2] * a.bbox[3],
  );
  const placed: (readonly [left: number, top: number, right: number])[] = [];
  return order.flatMap(({ bbox, name }) => {
    const [left, top] = [tenths(Math.max(0, bbox[0]) + 3), tenths(Math.max(0, bbox[1]))];
    const right = left + name.length * fontSize * 0.62;
    if (placed.some(([l, t, r]) => left < r && right > l && Math.abs(t - top) < fontSize * 1.15)) return [];
    placed.push([left, top, right]);
    return [`<text x="${left}" y="${tenths(top + fontSize)}" font-size="${fontSize}">${escapeHtml(name)}</text>`];
  });
}

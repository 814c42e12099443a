/**
 * Detections in some images at each evaluation of a training, beside the ground truth, for a page that includes its
 * style.
 */

import { annotatedPose, type Pose } from '../../datasets/draw/skeleton.ts';
import { type SvgShapes, svgShapes } from '../../datasets/draw/svg-shapes.ts';
import { boxLabel, type CocoBox, categoryPaint, enlargement, percent } from '../../datasets/index.ts';
import type { CompressedRle } from '../../datasets/masks/rle-string.ts';
import { rleFromCoco } from '../../datasets/masks/segmentation.ts';
import { escapeHtml } from '../../io/html.ts';
import { shownThreshold } from '../analysis/score-threshold.ts';
import { boxOverlay, type OverlayBox, SHOWN_SIDE } from './box-overlay.ts';
import { foreign, section } from './page.ts';

export interface SampleBox extends Omit<Partial<Pose>, 'keypoints'> {
  readonly label: string;
  /** Decides the color. */
  readonly category_id: number;
  readonly bbox: CocoBox;
  /** Only for a detection. */
  readonly score?: number;
  readonly segmentation?: CompressedRle;
  /** x, y and visibility of each joint, one after another. */
  readonly keypoints?: readonly number[];
}

/** An image with its ground truth, and its detections above `SampleEvaluation.score`. */
export interface SampleImage {
  readonly file: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly SampleBox[];
  readonly detections: readonly SampleBox[];
}

/** Images of one evaluation. */
export interface SampleEvaluation {
  /** For example `Epoch 3`. */
  readonly title: string;
  readonly score: number;
  /** Whether F1 is highest above that score; otherwise no detection was right. */
  readonly isBest: boolean;
  readonly images: readonly SampleImage[];
}

/** An image as the `src` of an image element, or why there is none. */
export type Preview = { readonly url: string } | { readonly error: string };

export const samplePicturesStyle = `
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 14px; margin: 8px 0 12px; }
.samples figure { margin: 0; min-width: 0; }
.samples figcaption { padding-top: 6px; font-size: 13px; line-height: 1.35; overflow-wrap: anywhere; }
.sources { position: absolute; width: 0; height: 0; }
.absent { padding: 16px; color: #b8c0c8; font-size: 13px; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 14px; }
.key svg { width: 20px; height: 14px; margin-right: 7px; vertical-align: -1px; overflow: visible; }
.key rect { stroke: currentColor; }
details.evaluation summary { cursor: pointer; font-weight: 600; padding: 6px 0; }
`;

const mark = (classes: string) =>
  `<svg viewBox="0 0 20 14" aria-hidden="true"><rect class="${classes}" x="1" y="1" width="18" height="12"/></svg>`;

const counted = (count: number, word: string): string =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

/**
 * Shows the newest evaluation open, the others folded; the page holds each image once.
 *
 * @param previews by file
 */
export function samplePictures(list: readonly SampleEvaluation[], previews: ReadonlyMap<string, Preview>): string {
  const shown = list.filter(({ images }) => images.length);
  if (!shown.length) return '';
  const places = new Map([...previews.keys()].map((file, i) => [file, `sample-${i}`]));
  const sources = [...previews].flatMap(([file, preview]) =>
    'url' in preview ? [sourceOf(places.get(file)!, preview.url)] : [],
  );
  const groups = shown.map(({ images, isBest, score, title }, i) => {
    const total = (field: 'detections' | 'objects') => images.reduce((sum, image) => sum + image[field].length, 0);
    const why = isBest ? 'above which F1 is highest on all images' : 'because no detection on any image is right';
    const note = `${counted(total('detections'), 'detection')} of a score above ${percent(shownThreshold(score))}, ${why}; ${counted(total('objects'), 'object')}.`;
    const pictures = images.map((image) => figure(image, previews.get(image.file), places.get(image.file)));
    return `<details class="evaluation"${i ? '' : ' open'}><summary>${escapeHtml(title)}</summary><p class="soft">${note}</p><div class="samples">${pictures.join('')}</div></details>\n`;
  });
  const key = `<p class="key"><span>${mark('box')}detection, with its score</span><span>${mark('box dashed')}ground truth</span></p>\n`;
  return section(
    'Detections',
    `<svg class="sources" aria-hidden="true">${sources.join('')}</svg>${key}${groups.join('')}`,
    'In some of the evaluated images, beside the ground truth; one color per category.',
  );
}

/** An image that several evaluations show, as a unit square, so that each can scale it. */
const sourceOf = (id: string, url: string): string =>
  `<symbol id="${id}" viewBox="0 0 1 1" preserveAspectRatio="none"><image href="${url}" width="1" height="1" preserveAspectRatio="none"/></symbol>`;

function figure(image: SampleImage, preview: Preview | undefined, place: string | undefined): string {
  const { detections, name, objects } = image;
  const counts = `${counted(detections.length, 'detection')}, ${counted(objects.length, 'object')}`;
  const shown =
    preview && 'url' in preview
      ? drawing(image, place!)
      : `<div class="absent">${foreign(preview?.error ?? 'no picture')}</div>`;
  return `<figure><div class="shot">${shown}</div><figcaption>${foreign(name)} <span class="soft">${counts}</span></figcaption></figure>\n`;
}

/** The image with its boxes, the best on top. */
function drawing(image: SampleImage, source: string): string {
  const { detections, height, name, objects, width } = image;
  const detail = Math.max(width, height) / SHOWN_SIDE;
  const drawn = (box: SampleBox, dashed: boolean): OverlayBox => ({
    bbox: box.bbox,
    ...(box.score !== undefined && { score: box.score }),
    ...shapesOf(box, detail),
    name: boxLabel(box.label, box.score),
    kind: dashed ? 'ground truth' : 'detection',
    className: dashed ? 'truth' : 'detection',
    paint: categoryPaint(box.category_id),
    dashed,
    tagged: true,
  });
  const found = detections.map((box) => drawn(box, false)).reverse();
  const boxes = [...objects.map((box) => drawn(box, true)), ...found];
  const told = (list: readonly SampleBox[]) =>
    list.map(({ label, score }) => boxLabel(label, score)).join(', ') || 'none';
  const words = escapeHtml(`${name}. Detections: ${told(detections)}. Ground truth: ${told(objects)}.`);
  const small = enlargement(image) > 1 ? ' class="small"' : '';
  const size = `width="${width}" height="${height}"`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${words}"><use${small} href="#${source}" ${size}/>${boxOverlay(image, boxes)}</svg>`;
}

const shapesOf = ({ keypoints, segmentation, ...pose }: SampleBox, detail: number): SvgShapes =>
  svgShapes(
    {
      ...(segmentation && { mask: { rle: rleFromCoco(segmentation) } }),
      ...(keypoints && { ...pose, ...annotatedPose(keypoints) }),
    },
    detail,
  );

import { checkArgument } from '../../io/options.ts';
import type { Image } from '../images/image.ts';
import type { Region } from '../images/region.ts';
import type { Rle } from '../masks/rle.ts';
import { boxLabel } from './box-label.ts';
import { type TextMask, textMask, textWidth } from './font.ts';
import { paintMask } from './mask.ts';
import { type Color, categoryColor, readableOn } from './palette.ts';
import { type Pose, paintSkeleton } from './skeleton.ts';

/** An object to draw, as `detect` returns it. */
export interface LabeledBox extends Partial<Pose> {
  /** x, y of the upper left corner, width and height, in pixels of the picture. */
  readonly bbox: readonly number[];
  readonly label: string;
  /** 0–1; written after the label. Boxes with higher scores are drawn on top. */
  readonly score?: number;
  /** Decides the color. */
  readonly category_id?: number;
  /** For ground truth: a dashed line; of a mask, only the outline; of a skeleton, dotted lines. */
  readonly dashed?: boolean;
  /** Its pixels, drawn translucent; stretched to the picture. */
  readonly mask?: { readonly rle: Rle };
}

/** Sizes as shares of the picture's mean side; a label shrinks to fit, down to the smallest readable size. */
const LINE = 0.004;
const FONT = 0.03;
const MIN_FONT = 6;
const DEFAULT_MIN_FONT = 10;
/** Labels of low boxes are smaller by up to this factor, so that names do not bury a crowd. */
const SMALL_LABEL = 0.7;
/** Length of a dash and of a gap, in line widths. */
const DASH = 4;
/** Longer labels are cut before measuring. */
const MAX_LABEL = 120;

/**
 * Draws boxes with labels on a copy of a picture, over masks and under skeletons where they have any. All is clipped at
 * the picture's borders; labels are always inside.
 */
export function drawBoxes(image: Image, boxes: readonly LabeledBox[]): Image {
  checkArgument('drawBoxes', 'the image', image, 'object');
  checkArgument('drawBoxes', 'the boxes', boxes, 'list');
  const canvas: Image = { ...image, data: new Uint8Array(image.data) };
  const side = (image.width + image.height) / 2;
  const thickness = Math.max(1, Math.round(side * LINE));
  const fontSize = Math.max(DEFAULT_MIN_FONT, Math.round(side * FONT));
  const objects = boxes
    .map((box) => ({ box, region: visibleRegion(box.bbox, image), color: categoryColor(box.category_id ?? 0) }))
    .filter((object): object is typeof object & { region: Region } => object.region !== undefined)
    .sort((a, b) => (b.box.score ?? 1) - (a.box.score ?? 1));
  const placed: Region[] = [];
  const labels = objects.flatMap(({ box, region, color }) => {
    const label = boxLabel(box.label, box.score);
    if (!label.trim()) return [];
    const wanted = Math.min(fontSize, Math.max(fontSize * SMALL_LABEL, region.height / 3));
    const padding = Math.max(1, Math.round(wanted / 5));
    const { text, size } = fitted(label, wanted, image.width - 2 * padding - 1);
    const mask = textMask(text, size);
    const place = placeLabel(region, mask.width + 2 * padding, mask.height, image, placed);
    placed.push(place);
    return [{ mask, place, padding, color }];
  });
  objects.reverse();
  for (const { box, color } of objects) {
    if (box.mask) paintMask(canvas, box.mask.rle, color, thickness, box.dashed ? 0 : undefined);
  }
  for (const { box, region, color } of objects)
    outline(canvas, region, box.dashed ? thickness * DASH : Number.POSITIVE_INFINITY, thickness, color);
  for (const { box, color } of objects) {
    const { keypoints } = box;
    if (keypoints) paintSkeleton(canvas, { ...box, keypoints }, color, box.dashed);
  }
  for (const { mask, place, padding, color } of labels.reverse()) {
    fill(canvas, place, color);
    blend(canvas, mask, place.left + padding, place.top, readableOn(color));
  }
  return canvas;
}

/** The part of a box in the picture, in whole pixels, at least one; undefined when it is outside. */
function visibleRegion(bbox: readonly number[], { width, height }: Image): Region | undefined {
  const [x, y, w, h] = bbox;
  if (![x, y, w, h].every(Number.isFinite) || w < 0 || h < 0) return undefined;
  if (x >= width || y >= height || x + w <= 0 || y + h <= 0) return undefined;
  const left = Math.min(Math.max(Math.round(x), 0), width - 1);
  const top = Math.min(Math.max(Math.round(y), 0), height - 1);
  return {
    left,
    top,
    width: Math.max(Math.min(Math.round(x + w), width) - left, 1),
    height: Math.max(Math.min(Math.round(y + h), height) - top, 1),
  };
}

/** Shrinks a label that is too wide, and cuts it if that is not enough. */
function fitted(label: string, fontSize: number, room: number): { readonly text: string; readonly size: number } {
  let chars = Array.from(label).slice(0, MAX_LABEL);
  const size = Math.max(Math.min(fontSize, (fontSize * room) / textWidth(chars.join(''), fontSize)), MIN_FONT);
  if (textWidth(chars.join(''), size) <= room) return { text: chars.join(''), size };
  while (chars.length > 1 && textWidth(`${chars.join('')}…`, size) > room) chars = chars.slice(0, -1);
  return { text: `${chars.join('')}…`, size };
}

/** Above the box if there is room, else inside, below …: where it covers the least of the labels placed so far. */
function placeLabel(box: Region, width: number, height: number, image: Image, placed: readonly Region[]): Region {
  const left = Math.max(Math.min(box.left, image.width - width), 0);
  const right = Math.max(Math.min(box.left + box.width, image.width) - width, 0);
  const bottom = box.top + box.height;
  const places = [
    [left, box.top - height],
    [left, box.top],
    [left, bottom],
    [right, box.top - height],
    [right, bottom - height],
    [left, bottom - height],
  ]
    .filter(([, top], i) => i === 1 || (top >= 0 && top + height <= image.height))
    .map(([x, top]) => ({ left: x, top: Math.max(Math.min(top, image.height - height), 0), width, height }));
  const covered = places.map((place) => placed.reduce((sum, other) => sum + overlap(place, other), 0));
  return places[covered.indexOf(Math.min(...covered))];
}

const overlap = (a: Region, b: Region): number =>
  Math.max(Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left), 0) *
  Math.max(Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top), 0);

/** @param dash length of a dash and of a gap; infinite for a solid line */
function outline(canvas: Image, region: Region, dash: number, thickness: number, color: Color): void {
  const { left, top, width, height } = region;
  const line = Math.min(thickness, width, height);
  for (let at = 0; at < width; at += 2 * dash) {
    const part = { left: left + at, width: Math.min(dash, width - at), height: line };
    fill(canvas, { ...part, top }, color);
    fill(canvas, { ...part, top: top + height - line }, color);
  }
  for (let at = 0; at < height; at += 2 * dash) {
    const part = { top: top + at, height: Math.min(dash, height - at), width: line };
    fill(canvas, { ...part, left }, color);
    fill(canvas, { ...part, left: left + width - line }, color);
  }
}

function fill({ width, height, data }: Image, region: Region, [r, g, b]: Color): void {
  const right = Math.min(region.left + region.width, width);
  const bottom = Math.min(region.top + region.height, height);
  for (let y = region.top; y < bottom; y++) {
    for (let x = region.left, p = (y * width + x) * 3; x < right; x++) {
      data[p++] = r;
      data[p++] = g;
      data[p++] = b;
    }
  }
}

/** Blends a color onto the canvas with a mask as its opacity. */
function blend(canvas: Image, mask: TextMask, left: number, top: number, color: Color): void {
  const right = Math.min(mask.width, canvas.width - left);
  const bottom = Math.min(mask.height, canvas.height - top);
  for (let y = 0; y < bottom; y++) {
    for (let x = 0, p = ((top + y) * canvas.width + left) * 3; x < right; x++, p += 3) {
      const share = mask.data[y * mask.width + x] / 255;
      for (let c = 0; c < 3; c++) canvas.data[p + c] += (color[c] - canvas.data[p + c]) * share;
    }
  }
}

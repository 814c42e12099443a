/** Pictures made of several, with their objects: mosaics, and objects that are pasted into another picture. */
import type { Random } from '../../io/random.ts';
import { clipBoxes, resizeBoxes } from '../detection/boxes.ts';
import type { CocoSegmentation } from '../detection/coco/coco-format.ts';
import type { Image } from '../images/image.ts';
import type { ImageSize } from '../images/image-size.ts';
import { resizeAntialiased } from '../images/resize/antialiased.ts';
import { cropRle } from '../masks/crop-rle.ts';
import { objectMask } from '../masks/object-mask.ts';
import { placeRle } from '../masks/place-rle.ts';
import { type Rle, rleDecode, rleEncode } from '../masks/rle.ts';
import { rleFromRows } from '../masks/row-major.ts';
import { cropKeypoints, resizeKeypoints } from './keypoints.ts';
import { type BoxedPicture, chosenObjects } from './objects.ts';
import { wholeView } from './view.ts';

/** A picture is made of four with this probability (YOLOv4, Bochkovskiy et al. 2020). */
export interface Mosaic {
  readonly p?: number | undefined;
}

/** Objects of another picture are pasted with this probability (Ghiasi et al. 2021). */
export interface CopyPaste {
  readonly p?: number | undefined;
}

/** Pictures in a mosaic. */
export const MOSAIC = 4;
/** The gray of YOLO where no picture is. */
const GRAY = 114;
/** An object is kept if at least this share of its box is left. */
const LEAST_LEFT = 0.1;
/** Each object of the other picture is pasted with this probability. */
const PASTED = 0.5;

/** A picture with its masks in its own pixels, column by column. */
interface Plain extends Omit<BoxedPicture, 'segmentations'> {
  readonly masks?: readonly (Rle | undefined)[];
}

/** The picture resized, with masks drawn. */
function resized(picture: BoxedPicture, size: ImageSize): Plain {
  const { boxes, keypoints, labels, segmentations, view } = picture;
  const same = picture.image.width === size.width && picture.image.height === size.height;
  const image = same ? picture.image : resizeAntialiased(picture.image, size.width, size.height);
  return {
    ...{ image, labels, view },
    boxes: resizeBoxes(boxes.slice(), picture.image, size),
    ...(keypoints && { keypoints: keypoints.map((points) => points && resizeKeypoints(points, picture.image, size)) }),
    ...(segmentations && {
      masks: segmentations.map((own) => {
        if (!own) return undefined;
        const { data, left, top, width, height } = objectMask(own, view, size);
        return placeRle(rleFromRows(data, height, width), left, top, size);
      }),
    }),
  };
}

const segmentationOf = ({ counts, height, width }: Rle): CocoSegmentation => ({
  size: [height, width],
  counts: [...counts],
});

/** Copies what of a picture is inside of the canvas. */
function copyInto(canvas: Image, image: Image, left: number, top: number): void {
  const [from, to] = [Math.max(0, left), Math.min(canvas.width, left + image.width)];
  for (let y = Math.max(0, top); y < Math.min(canvas.height, top + image.height) && from < to; y++) {
    const row = ((y - top) * image.width + from - left) * 3;
    canvas.data.set(image.data.subarray(row, row + (to - from) * 3), (y * canvas.width + from) * 3);
  }
}

const areaOf = (boxes: Float32Array, row: number): number =>
  (boxes[4 * row + 2] - boxes[4 * row]) * (boxes[4 * row + 3] - boxes[4 * row + 1]);

/**
 * Four pictures around a random point of a canvas of twice the size of the first, each as long as it on the longer side
 * (Ultralytics `Mosaic`). Objects are clipped; those of which hardly anything is left are dropped.
 *
 * @param longest the pictures' longer side is reduced to this, since they will be resized anyway
 */
export function mosaic(pictures: readonly BoxedPicture[], longest: number, random: Random): BoxedPicture {
  const [{ image }] = pictures;
  const reduction = Math.min(1, longest / Math.max(image.width, image.height));
  const reduced = (side: number) => Math.max(1, Math.round(side * reduction));
  const first = { width: reduced(image.width), height: reduced(image.height) };
  const size = { width: 2 * first.width, height: 2 * first.height };
  const canvas: Image = { ...size, data: new Uint8Array(size.width * size.height * 3).fill(GRAY) };
  const longer = Math.max(first.width, first.height);
  const [x, y] = [size.width, size.height].map((side) => Math.round(random.uniform(side / 4, (3 * side) / 4)));
  const parts = pictures.map((picture, i) => {
    const scale = longer / Math.max(picture.image.width, picture.image.height);
    const scaled = (side: number) => Math.max(1, Math.round(side * scale));
    const own = resized(picture, { width: scaled(picture.image.width), height: scaled(picture.image.height) });
    const [left, top] = [i % 2 ? x : x - own.image.width, i > 1 ? y : y - own.image.height];
    // Each stays in its quarter.
    copyInto(canvas, own.image, left, top);
    return moved(own, left, top, size);
  });
  return joined(canvas, parts);
}

/** The objects of a picture at a place of a canvas. */
function moved(picture: Plain, left: number, top: number, size: ImageSize): BoxedPicture {
  const { boxes, image, keypoints, labels, masks, view } = picture;
  const shifted = boxes.map((value, i) => value + (i % 2 ? top : left));
  const clipped = clipBoxes(shifted.slice(), size);
  const region = { left: -left, top: -top, ...size };
  const whole = {
    ...{ image, labels, view, boxes: clipped },
    ...(keypoints && { keypoints: keypoints.map((points) => points && cropKeypoints(points, region)) }),
    ...(masks && {
      segmentations: masks.map((mask) => mask && segmentationOf(cropRle(mask, region))),
    }),
  };
  const rows = labels.map((_, row) => row).filter((row) => areaOf(clipped, row) >= LEAST_LEFT * areaOf(shifted, row));
  return { ...whole, ...chosenObjects(whole, rows) };
}

/** A canvas with the objects of several parts. */
function joined(canvas: Image, parts: readonly BoxedPicture[]): BoxedPicture {
  const has = (field: 'segmentations' | 'keypoints') => parts.some((part) => part[field]);
  return {
    image: canvas,
    view: wholeView(canvas),
    boxes: Float32Array.from(parts.flatMap(({ boxes }) => [...boxes])),
    labels: Int32Array.from(parts.flatMap(({ labels }) => [...labels])),
    ...(has('segmentations') && {
      segmentations: parts.flatMap(({ labels, segmentations }) => segmentations ?? Array.from(labels, () => undefined)),
    }),
    ...(has('keypoints') && {
      keypoints: parts.flatMap(({ keypoints, labels }) => keypoints ?? Array.from(labels, () => undefined)),
    }),
  };
}

/**
 * Pastes about half of the objects of another picture, by their masks, or by their boxes where no masks are learned.
 * What they cover is taken from the masks below; objects of which hardly anything is left are dropped.
 */
export function copyPaste(picture: BoxedPicture, other: BoxedPicture, random: Random): BoxedPicture {
  const { image } = picture;
  const size = { width: image.width, height: image.height };
  const source = resized(other, size);
  const rows = source.labels.map((_, row) => row).filter(() => random.uniform() < PASTED);
  if (!rows.length) return picture;
  const covered = new Uint8Array(size.width * size.height);
  for (const row of rows) cover(covered, source, row, size);
  const canvas: Image = { ...size, data: new Uint8Array(image.data) };
  for (let x = 0, at = 0; x < size.width; x++)
    for (let y = 0; y < size.height; y++, at++) {
      if (!covered[at]) continue;
      const pixel = (y * size.width + x) * 3;
      canvas.data.set(source.image.data.subarray(pixel, pixel + 3), pixel);
    }
  const below = resized(picture, size);
  const masks = below.masks?.map((mask) => {
    if (!mask) return undefined;
    const pixels = rleDecode(mask);
    return rleEncode(
      pixels.map((inside, at) => (covered[at] ? 0 : inside)),
      size.height,
      size.width,
    );
  });
  const left = below.labels
    .map((_, row) => row)
    .filter((row) => shareLeft(below.boxes, row, covered, size) >= LEAST_LEFT);
  const kept = { ...picture, ...(masks && { segmentations: masks.map((mask) => mask && segmentationOf(mask)) }) };
  const pasted = { ...other, boxes: source.boxes, ...(source.keypoints && { keypoints: source.keypoints }) };
  const withMasks = source.masks
    ? { ...pasted, segmentations: source.masks.map((mask) => mask && segmentationOf(mask)) }
    : pasted;
  return joined(canvas, [
    { ...kept, ...chosenObjects(kept, left) },
    { ...withMasks, ...chosenObjects(withMasks, rows) },
  ]);
}

/** The pixels of a box, [left, top, right, bottom], within the picture. */
function pixelsOf(
  boxes: Float32Array,
  row: number,
  { height, width }: ImageSize,
): readonly [number, number, number, number] {
  const [x1, y1, x2, y2] = boxes.subarray(4 * row, 4 * row + 4);
  return [
    Math.max(0, Math.floor(x1)),
    Math.max(0, Math.floor(y1)),
    Math.min(width, Math.ceil(x2)),
    Math.min(height, Math.ceil(y2)),
  ];
}

/** Marks the pixels of an object, column by column. */
function cover(covered: Uint8Array, { boxes, masks }: Plain, row: number, size: ImageSize): void {
  const mask = masks?.[row];
  if (mask) {
    for (const [at, inside] of rleDecode(mask).entries()) if (inside) covered[at] = 1;
    return;
  }
  const [left, top, right, bottom] = pixelsOf(boxes, row, size);
  for (let x = left; x < right; x++) covered.fill(1, x * size.height + top, x * size.height + bottom);
}

/** The share of a box that is not covered. */
function shareLeft(boxes: Float32Array, row: number, covered: Uint8Array, size: ImageSize): number {
  const [left, top, right, bottom] = pixelsOf(boxes, row, size);
  let free = 0;
  for (let x = left; x < right; x++) for (let y = top; y < bottom; y++) if (!covered[x * size.height + y]) free++;
  return free / Math.max(1, (right - left) * (bottom - top));
}

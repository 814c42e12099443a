/**
 * From a picture to what a model is fed: resized and normalised. H, W: height and width of the result.
 * Settings go by torchvision's names.
 */
import { ResnetCocoError } from '../errors.ts';
import type { Image } from './image.ts';
import { resizeAntialiased, resizeBilinear } from './resize.ts';

/** torchvision's `ImageClassification` preset. */
export interface ClassificationTransform {
  readonly kind: 'classification';
  /** The shorter side is resized to this; null: to `crop_size`, so that pictures of that size stay untouched (CIFAR). */
  readonly resize_size: number | null;
  /** Side of the square that is cut from the middle. */
  readonly crop_size: number;
  /** Of red, green and blue, which count 0–1. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/** torchvision's `GeneralizedRCNNTransform`, without its batching. */
export interface DetectionTransform {
  readonly kind: 'detection';
  /** The shorter side is resized to this … */
  readonly min_size: number;
  /** … unless the longer one would then exceed this. */
  readonly max_size: number;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

export type ImageTransform = ClassificationTransform | DetectionTransform;

/** A model's input for one picture: [H, W, 3], normalised RGB. */
export interface ImageTensor {
  readonly shape: readonly [height: number, width: number, channels: 3];
  readonly data: Float32Array;
}

/** Applies a transform. @throws ResnetCocoError BAD_CONFIG for settings that make no sense */
export function transformImage(image: Image, transform: ImageTransform): ImageTensor {
  const { image_mean, image_std } = transform;
  const levels = normalizedLevels(image_mean, image_std);
  return transform.kind === 'classification'
    ? classificationInput(image, positive(transform, 'resize_size'), positive(transform, 'crop_size'), levels)
    : detectionInput(image, detectionSize(image, transform), levels);
}

function positive<T extends object, K extends keyof T & string>(transform: T, field: K): T[K] {
  const value = transform[field];
  if (value === null || (typeof value === 'number' && Number.isInteger(value) && value > 0)) return value;
  throw new ResnetCocoError('BAD_CONFIG', `transform: ${field} is ${value}; expected a whole number above 0`);
}

/** (x / 255 − mean) / std of every level of red, green and blue, each step rounded to 32 bits as torch does. */
function normalizedLevels(mean: readonly number[], std: readonly number[]): readonly Float32Array[] {
  if (mean.length !== 3 || std.length !== 3) {
    throw new ResnetCocoError('BAD_CONFIG', 'transform: image_mean and image_std need one number for each of R, G, B');
  }
  return mean.map((m, channel) =>
    new Float32Array(256).map((_, x) => Math.fround(Math.fround(x / 255) - Math.fround(m)) / Math.fround(std[channel])),
  );
}

/** Half to even, as Python's `round`, which places torchvision's crops. */
const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
};

/** `Resize(resize_size)`, `CenterCrop(crop_size)`, normalise. What falls outside of the crop is never computed. */
function classificationInput(
  image: Image,
  resizeSize: number | null,
  cropSize: number,
  levels: readonly Float32Array[],
): ImageTensor {
  const short = Math.min(image.width, image.height);
  const long = Math.max(image.width, image.height);
  const newShort = resizeSize ?? cropSize;
  const newLong = Math.trunc((newShort * long) / short);
  const [width, height] = image.width <= image.height ? [newShort, newLong] : [newLong, newShort];
  // Where the crop begins in the picture, or, where the picture is smaller, the picture in the crop (padded by zeros).
  const start = (size: number) => (size < cropSize ? 0 : roundHalfEven((size - cropSize) / 2));
  const padding = (size: number) => (size < cropSize ? Math.floor((cropSize - size) / 2) : 0);
  const region = {
    left: start(width),
    top: start(height),
    width: Math.min(width, cropSize),
    height: Math.min(height, cropSize),
  };
  const cropped = resizeAntialiased(image, width, height, region);
  const [red, green, blue] = levels;
  const data = new Float32Array(cropSize * cropSize * 3);
  if (region.width < cropSize || region.height < cropSize) {
    for (let i = 0; i < data.length; i++) data[i] = levels[i % 3][0];
  }
  for (let y = 0, p = 0; y < region.height; y++) {
    let o = ((y + padding(height)) * cropSize + padding(width)) * 3;
    for (let x = 0; x < region.width; x++, p += 3, o += 3) {
      data[o] = red[cropped.data[p]];
      data[o + 1] = green[cropped.data[p + 1]];
      data[o + 2] = blue[cropped.data[p + 2]];
    }
  }
  return { shape: [cropSize, cropSize, 3], data };
}

/**
 * The size to which a detector's input is resized, [H, W] (`_resize_image_and_masks`): in 32 bits, by the reciprocal
 * of the side as torch divides, and rounded down, so that 375 lines become 799 where 800 are asked for. At least one pixel.
 */
export function detectionSize(
  { width, height }: Pick<Image, 'width' | 'height'>,
  transform: Pick<DetectionTransform, 'min_size' | 'max_size'>,
): readonly [height: number, width: number] {
  const ratio = (size: number, side: number) => Math.fround(Math.fround(1 / side) * size);
  const minSize = positive(transform, 'min_size');
  const maxSize = positive(transform, 'max_size');
  const scale = Math.min(ratio(minSize, Math.min(width, height)), ratio(maxSize, Math.max(width, height)));
  return [Math.max(Math.floor(height * scale), 1), Math.max(Math.floor(width * scale), 1)];
}

/** Normalise, then resize. */
function detectionInput(
  { width, height, data }: Image,
  [outHeight, outWidth]: readonly [number, number],
  [red, green, blue]: readonly Float32Array[],
): ImageTensor {
  const loadRow = (y: number, into: Float32Array) => {
    for (let i = 0, p = y * width * 3; i < into.length; i += 3, p += 3) {
      into[i] = red[data[p]];
      into[i + 1] = green[data[p + 1]];
      into[i + 2] = blue[data[p + 2]];
    }
  };
  const resized = resizeBilinear(loadRow, [height, width], [outHeight, outWidth]);
  return { shape: [outHeight, outWidth, 3], data: resized };
}

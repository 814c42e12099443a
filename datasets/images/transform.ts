/**
 * Makes a model's input from a picture: resized and normalized. H, W: height and width of the result. Settings have
 * torchvision's names.
 */
import { ResnetCocoError } from '../../errors.ts';
import type { Image } from './image.ts';
import { type Levels, normalizedLevels, normalizeInto } from './normalize.ts';
import { resizeAntialiased, resizeBilinear } from './resize.ts';

/** torchvision's `ImageClassification` preset. */
export interface ClassificationTransform {
  readonly kind: 'classification';
  /** The shorter side is resized to this; null means `crop_size`, so pictures of that size are unchanged (CIFAR). */
  readonly resize_size: number | null;
  /** Side of the square cut from the middle. */
  readonly crop_size: number;
  /** Of red, green and blue, scaled to 0–1. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/**
 * How the size of a detector's input is computed: torchvision before 0.15 did it in 32 bits, where 375 rows became 799
 * instead of 800; since then it is in 64.
 */
export const resizeArithmetics = ['float32', 'float64'] as const;
export type ResizeArithmetic = (typeof resizeArithmetics)[number];

/** torchvision's `GeneralizedRCNNTransform`, without its batching. */
export interface DetectionTransform {
  readonly kind: 'detection';
  /** The shorter side is resized to this … */
  readonly min_size: number;
  /** … unless the longer one would then exceed this. */
  readonly max_size: number;
  /** How the other side is computed; `float32` by default. */
  readonly resize_arithmetic?: ResizeArithmetic | undefined;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/** How an image becomes the input of a model. */
export type ImageTransform = ClassificationTransform | DetectionTransform;

/** A model's input for one picture: [H, W, 3], normalized RGB. */
export interface ImageTensor {
  readonly shape: readonly [height: number, width: number, channels: 3];
  readonly data: Float32Array;
}

/** Applies a transform. @throws ResnetCocoError BAD_CONFIG when a setting is wrong */
export function transformImage(image: Image, transform: ImageTransform): ImageTensor {
  const { image_mean, image_std } = transform;
  const levels = normalizedLevels(image_mean, image_std);
  return transform.kind === 'classification'
    ? classificationInput(image, transform, levels)
    : detectionInput(image, detectionSize(image, transform), levels);
}

function positive<T extends object, K extends keyof T & string>(transform: T, field: K): T[K] {
  const value = transform[field];
  if (value === null || (typeof value === 'number' && Number.isInteger(value) && value > 0)) return value;
  throw new ResnetCocoError('BAD_CONFIG', `transform: ${field} is ${value}; expected a whole number above 0`);
}

/** Rounds half to even, like Python's `round`, which places torchvision's crops. */
const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
};

/** The size of a picture after its shorter side is resized to `short`, rounded like torchvision's `Resize`. */
export function sizeByShorterSide(
  { width, height }: Pick<Image, 'width' | 'height'>,
  short: number,
): readonly [width: number, height: number] {
  const long = Math.trunc((short * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? [short, long] : [long, short];
}

/**
 * `Resize(resize_size)`, `CenterCrop(crop_size)`. Only the crop is computed; a smaller picture gets a black border.
 */
export function resizeAndCrop(
  image: Image,
  { resize_size, crop_size }: Pick<ClassificationTransform, 'resize_size' | 'crop_size'>,
): Image {
  const [width, height] = sizeByShorterSide(image, resize_size ?? crop_size);
  // Where the crop begins in the picture or, for a smaller picture, where the picture begins in the crop.
  const start = (size: number) => (size < crop_size ? 0 : roundHalfEven((size - crop_size) / 2));
  const padding = (size: number) => (size < crop_size ? Math.floor((crop_size - size) / 2) : 0);
  const region = {
    left: start(width),
    top: start(height),
    width: Math.min(width, crop_size),
    height: Math.min(height, crop_size),
  };
  const part = resizeAntialiased(image, width, height, region);
  if (part.width === crop_size && part.height === crop_size) return part;
  const data = new Uint8Array(crop_size * crop_size * 3);
  for (let y = 0; y < part.height; y++) {
    const row = part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3);
    data.set(row, ((y + padding(height)) * crop_size + padding(width)) * 3);
  }
  return { width: crop_size, height: crop_size, data };
}

function classificationInput(image: Image, transform: ClassificationTransform, levels: Levels): ImageTensor {
  const resize_size = positive(transform, 'resize_size');
  const crop_size = positive(transform, 'crop_size');
  const data = new Float32Array(crop_size * crop_size * 3);
  normalizeInto(resizeAndCrop(image, { resize_size, crop_size }), levels, data, 0);
  return { shape: [crop_size, crop_size, 3], data };
}

/**
 * The resized size of a detector's input, [H, W] (`_resize_image_and_masks`), rounded down; at least one pixel. In 32 bits
 * a side is multiplied by the other's reciprocal, as torch divides.
 */
export function detectionSize(
  { width, height }: Pick<Image, 'width' | 'height'>,
  transform: Pick<DetectionTransform, 'min_size' | 'max_size' | 'resize_arithmetic'>,
): readonly [height: number, width: number] {
  const ratio =
    transform.resize_arithmetic === 'float64'
      ? (size: number, side: number) => size / side
      : (size: number, side: number) => Math.fround(Math.fround(1 / side) * size);
  const minSize = positive(transform, 'min_size');
  const maxSize = positive(transform, 'max_size');
  const scale = Math.min(ratio(minSize, Math.min(width, height)), ratio(maxSize, Math.max(width, height)));
  return [Math.max(Math.floor(height * scale), 1), Math.max(Math.floor(width * scale), 1)];
}

/** A detector's input of a given size, [H, W]: normalized, then resized. */
export function detectionInput(
  { width, height, data }: Image,
  [outHeight, outWidth]: readonly [number, number],
  [red, green, blue]: Levels,
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

/**
 * Makes a model's input from a picture: resized and normalized. H, W: height and width of the result. Settings have
 * torchvision's names.
 */
import { ResnetCocoError } from '../../errors.ts';
import type { Image } from './image.ts';
import { type ChannelOrder, type Levels, normalizedLevels, normalizeInto, normalizePixels } from './normalize.ts';
import { resizeAntialiased } from './resize/antialiased.ts';
import { resizeBilinear } from './resize/bilinear.ts';
import { resizePlain } from './resize/opencv.ts';
import { type CropSettings, cropsOf, resizeAndCrop } from './resize-and-crop.ts';

/** torchvision's `ImageClassification` preset, with what timm and transformers have besides. */
export interface ClassificationTransform extends CropSettings {
  readonly kind: 'classification';
  /** 10 for the paper's testing: corners and center, and their mirror images; 1, the center, by default. */
  readonly crops?: Crops | undefined;
  /** Of each channel in their order, scaled to 0–1. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  readonly channel_order?: ChannelOrder | undefined;
}

/** How many crops of an image are looked at. */
export type Crops = 1 | 10;

/**
 * How the size of a detector's input is computed: torchvision before 0.15 did it in 32 bits, where 375 rows became 799
 * instead of 800; since then it is in 64.
 */
export const resizeArithmetics = ['float32', 'float64'] as const;
export type ResizeArithmetic = (typeof resizeArithmetics)[number];

/**
 * The library whose resizing a detector's input follows: torch's bilinear on floats, and a size rounded down
 * (torchvision); Pillow's antialiased bilinear on bytes (Detectron2) or OpenCV's plain one on bytes (MMDetection), and a
 * size rounded to the nearest.
 */
export const resizeLibraries = ['torch', 'pillow', 'opencv'] as const;
export type ResizeLibrary = (typeof resizeLibraries)[number];

/** torchvision's `GeneralizedRCNNTransform`, without its batching. */
export interface DetectionTransform {
  readonly kind: 'detection';
  /** The shorter side is resized to this … */
  readonly min_size: number;
  /** … unless the longer one would then exceed this. */
  readonly max_size: number;
  /** How the other side is computed; `float32` by default. */
  readonly resize_arithmetic?: ResizeArithmetic | undefined;
  /** `torch` by default. */
  readonly resize_by?: ResizeLibrary | undefined;
  /** Of each channel in their order, scaled to 0–1. */
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  readonly channel_order?: ChannelOrder | undefined;
}

/** How an image becomes the input of a model. */
export type ImageTransform = ClassificationTransform | DetectionTransform;

/** A model's input for one picture: [H, W, 3], normalized. */
export interface ImageTensor {
  readonly shape: readonly [height: number, width: number, channels: 3];
  /** Where there are several crops, one after another. */
  readonly data: Float32Array;
}

/** Applies a transform. @throws ResnetCocoError BAD_CONFIG when a setting is wrong */
export function transformImage(image: Image, transform: ImageTransform): ImageTensor {
  const { channel_order, image_mean, image_std } = transform;
  const levels = normalizedLevels(image_mean, image_std, channel_order);
  return transform.kind === 'classification'
    ? classificationInput(image, transform, levels)
    : detectionInput(image, detectionSize(image, transform), levels, transform.resize_by);
}

function positive<T extends object, K extends keyof T & string>(transform: T, field: K): T[K] {
  const value = transform[field];
  if (value === null || (typeof value === 'number' && Number.isInteger(value) && value > 0)) return value;
  throw new ResnetCocoError('BAD_CONFIG', `transform: ${field} is ${value}; expected a whole number above 0`);
}

function classificationInput(image: Image, transform: ClassificationTransform, levels: Levels): ImageTensor {
  const resize_size = positive(transform, 'resize_size');
  const crop_size = positive(transform, 'crop_size');
  const settings = { ...transform, resize_size, crop_size };
  const crops = transform.crops === 10 ? cropsOf(image, settings) : [resizeAndCrop(image, settings)];
  const length = crop_size * crop_size * 3;
  const data = new Float32Array(crops.length * length);
  for (const [i, crop] of crops.entries()) normalizeInto(crop, levels, data, i * length);
  return { shape: [crop_size, crop_size, 3], data };
}

/**
 * The resized size of a detector's input, [H, W] (`_resize_image_and_masks`), rounded down; at least one pixel. In 32 bits
 * a side is multiplied by the other's reciprocal, as torch divides.
 */
export function detectionSize(
  { width, height }: Pick<Image, 'width' | 'height'>,
  transform: Pick<DetectionTransform, 'min_size' | 'max_size' | 'resize_arithmetic' | 'resize_by'>,
): readonly [height: number, width: number] {
  if ((transform.resize_by ?? 'torch') !== 'torch') return nearestSize({ width, height }, transform);
  const ratio =
    transform.resize_arithmetic === 'float64'
      ? (size: number, side: number) => size / side
      : (size: number, side: number) => Math.fround(Math.fround(1 / side) * size);
  const minSize = positive(transform, 'min_size');
  const maxSize = positive(transform, 'max_size');
  const scale = Math.min(ratio(minSize, Math.min(width, height)), ratio(maxSize, Math.max(width, height)));
  return [Math.max(Math.floor(height * scale), 1), Math.max(Math.floor(width * scale), 1)];
}

/** The same, rounded to the nearest: the shorter side first, as Detectron2's `ResizeShortestEdge`. */
function nearestSize(
  { width, height }: Pick<Image, 'width' | 'height'>,
  transform: Pick<DetectionTransform, 'min_size' | 'max_size' | 'resize_by'>,
): readonly [height: number, width: number] {
  const minSize = positive(transform, 'min_size');
  const maxSize = positive(transform, 'max_size');
  const rounded = (side: number) => Math.max(Math.floor(side + 0.5), 1);
  if (transform.resize_by === 'opencv') {
    // mmcv's `rescale_size` takes the smaller of both scales.
    const scale = Math.min(maxSize / Math.max(width, height), minSize / Math.min(width, height));
    return [rounded(height * scale), rounded(width * scale)];
  }
  const scale = minSize / Math.min(width, height);
  const sides = height < width ? [minSize, scale * width] : [scale * height, minSize];
  const longest = Math.max(...sides);
  const [newHeight, newWidth] = longest > maxSize ? sides.map((side) => side * (maxSize / longest)) : sides;
  return [rounded(newHeight), rounded(newWidth)];
}

/**
 * A detector's input of a given size, [H, W]: normalized, then resized. By Pillow's or OpenCV's way it is resized as bytes,
 * then normalized.
 */
export function detectionInput(
  image: Image,
  [outHeight, outWidth]: readonly [number, number],
  levels: Levels,
  resizeBy: ResizeLibrary = 'torch',
): ImageTensor {
  const shape = [outHeight, outWidth, 3] as const;
  if (resizeBy !== 'torch') {
    const bytes = (resizeBy === 'pillow' ? resizeAntialiased : resizePlain)(image, outWidth, outHeight);
    const normalized = new Float32Array(outHeight * outWidth * 3);
    normalizeInto(bytes, levels, normalized, 0);
    return { shape, data: normalized };
  }
  const { data, height, width } = image;
  const row = width * 3;
  const loadRow = (y: number, into: Float32Array) => normalizePixels(data, y * row, (y + 1) * row, levels, into, 0);
  const resized = resizeBilinear(loadRow, [height, width], [outHeight, outWidth]);
  return { shape, data: resized };
}

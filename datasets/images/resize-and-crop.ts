/** Cuts the square that a classifier looks at out of a resized picture, as torchvision, timm and transformers do. */
import { flipHorizontally } from '../augment/horizontal-flip.ts';
import type { Image } from './image.ts';
import { type Interpolation, resizeAntialiased } from './resize/antialiased.ts';
import { roundHalfEven } from './round-half-even.ts';

/**
 * How a picture becomes a square, by timm's names: `center` resizes the shorter side and cuts the middle, `squash`
 * resizes both sides to one length, `border` resizes the longer side and pads with the mean color.
 */
export const cropModes = ['center', 'squash', 'border'] as const;
export type CropMode = (typeof cropModes)[number];

/** Where a crop begins whose place is half a pixel: torchvision rounds half to even, transformers down. */
export const cropRoundings = ['half_even', 'down'] as const;
export type CropRounding = (typeof cropRoundings)[number];

/** How the square is cut. */
export interface CropSettings {
  /** The length of the side that is resized; null means `crop_size`, so pictures of that size are unchanged (CIFAR). */
  readonly resize_size: number | null;
  /** Side of the square cut from the middle. */
  readonly crop_size: number;
  /** `bilinear` by default. */
  readonly interpolation?: Interpolation | undefined;
  /** `center` by default. */
  readonly crop_mode?: CropMode | undefined;
  /** `half_even` by default. */
  readonly crop_rounding?: CropRounding | undefined;
  /** The mean of each channel, whose color `border` pads with. */
  readonly image_mean: readonly number[];
  readonly channel_order?: 'rgb' | 'bgr' | undefined;
}

type Size = readonly [width: number, height: number];

/** The size of a picture after its shorter side is resized to `short`, rounded like torchvision's `Resize`. */
export function sizeByShorterSide({ width, height }: Pick<Image, 'width' | 'height'>, short: number): Size {
  const long = Math.trunc((short * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? [short, long] : [long, short];
}

/** The size of a picture before a square is cut out of it. */
function resizedSize(image: Image, { crop_mode, crop_size, resize_size }: CropSettings): Size {
  const side = resize_size ?? crop_size;
  if (crop_mode === 'squash') return [side, side];
  if (crop_mode !== 'border') return sizeByShorterSide(image, side);
  const ratio = Math.max(image.width, image.height) / side;
  const scaled = (size: number) => Math.max(roundHalfEven(size / ratio), 1);
  return [scaled(image.width), scaled(image.height)];
}

/** Resizes and cuts the middle. Only the crop is computed; a smaller picture gets a border, by default black. */
export function resizeAndCrop(image: Image, settings: CropSettings): Image {
  const { crop_rounding, crop_size, interpolation } = settings;
  const [width, height] = resizedSize(image, settings);
  const [round, roundPadding] = crop_rounding === 'down' ? [Math.floor, Math.ceil] : [roundHalfEven, Math.floor];
  // Where the crop begins in the picture or, for a smaller picture, where the picture begins in the crop.
  const start = (size: number) => (size < crop_size ? 0 : round((size - crop_size) / 2));
  const padding = (size: number) => (size < crop_size ? roundPadding((crop_size - size) / 2) : 0);
  const region = {
    left: start(width),
    top: start(height),
    width: Math.min(width, crop_size),
    height: Math.min(height, crop_size),
  };
  const part = resizeAntialiased(image, width, height, { region, interpolation });
  if (part.width === crop_size && part.height === crop_size) return part;
  const data = border(settings);
  for (let y = 0; y < part.height; y++) {
    const row = part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3);
    data.set(row, ((y + padding(height)) * crop_size + padding(width)) * 3);
  }
  return { width: crop_size, height: crop_size, data };
}

/** The pixels of a square without a picture in it. */
function border({ channel_order, crop_mode, crop_size, image_mean }: CropSettings): Uint8Array {
  const data = new Uint8Array(crop_size * crop_size * 3);
  if (crop_mode !== 'border') return data;
  const color = image_mean.map((mean) => Math.min(Math.max(roundHalfEven(255 * mean), 0), 255));
  if (channel_order === 'bgr') color.reverse();
  for (let i = 0; i < data.length; i++) data[i] = color[i % 3];
  return data;
}

/**
 * The ten crops of torchvision's `TenCrop`: the corners, from left to right and top to bottom, and the center; then those
 * of the mirror image. A picture that is smaller than the crop gives its center only. Only the crops are computed.
 */
export function cropsOf(image: Image, settings: CropSettings): Image[] {
  const { crop_rounding, crop_size, interpolation } = settings;
  const [width, height] = resizedSize(image, settings);
  const [right, bottom] = [width - crop_size, height - crop_size];
  if (right < 0 || bottom < 0) {
    const center = resizeAndCrop(image, settings);
    return [...Array<Image>(5).fill(center), ...Array<Image>(5).fill(flipHorizontally(center))];
  }
  const round = crop_rounding === 'down' ? Math.floor : roundHalfEven;
  const corners = [0, bottom].flatMap((top) => [0, right].map((left) => ({ left, top })));
  const places = [...corners, { left: round(right / 2), top: round(bottom / 2) }];
  const cut = (left: number, top: number) => {
    const region = { left, top, width: crop_size, height: crop_size };
    return resizeAntialiased(image, width, height, { region, interpolation });
  };
  return [
    ...places.map(({ left, top }) => cut(left, top)),
    ...places.map(({ left, top }) => flipHorizontally(cut(right - left, top))),
  ];
}

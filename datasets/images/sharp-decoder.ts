import { damage } from './damage.ts';
import { type Image, MAX_IMAGE_PIXELS } from './image.ts';
import type { ImageFormat } from './image-format.ts';

/** The used part of the optional package `sharp`. */
export interface Sharp {
  (input: Uint8Array, options?: Readonly<Record<string, unknown>>): SharpPipeline;
  readonly versions: Readonly<Record<string, string>>;
  concurrency(threads: number): number;
  cache(enabled: boolean): unknown;
}

interface SharpPipeline {
  /** Reads only the header. */
  metadata(): Promise<{ readonly width?: number; readonly height?: number; readonly pageHeight?: number }>;
  rotate(): SharpPipeline;
  removeAlpha(): SharpPipeline;
  toColorspace(space: string): SharpPipeline;
  toFormat(format: string, options?: Readonly<Record<string, unknown>>): SharpPipeline;
  raw(options?: Readonly<Record<string, unknown>>): SharpPipeline;
  toBuffer(): Promise<Buffer>;
  toBuffer(options: { readonly resolveWithObject: true }): Promise<{
    readonly data: Buffer;
    readonly info: { readonly width: number; readonly height: number; readonly channels: number };
  }>;
}

let loading: Promise<Sharp> | undefined;

/** Loads `sharp` once. Rejects when it is not installed or does not work here. */
export function loadSharp(): Promise<Sharp> {
  const name: string = 'sharp'; // a variable, so that the compiler does not require the optional package
  loading ??= import(name).then((module: { default: Sharp }) => {
    module.default.concurrency(1); // pictures are decoded in parallel; threads within one would only compete
    module.default.cache(false);
    return module.default;
  });
  return loading;
}

/**
 * Decodes the first frame; drops alpha and ignores the color profile, as Pillow does.
 *
 * @param upright whether to apply its EXIF orientation
 */
export async function decodeWithSharp(sharp: Sharp, bytes: Uint8Array, upright: boolean): Promise<Image> {
  const options = { failOn: 'error', limitInputPixels: MAX_IMAGE_PIXELS, ignoreIcc: true };
  const stored = sharp(bytes, options);
  const { data, info } = await (upright ? stored.rotate() : stored)
    .toColorspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw damage(error);
    });
  const { width, height, channels } = info;
  if (channels === 3) return { width, height, data: new Uint8Array(data) }; // a copy, which can be transferred
  if (channels !== 1) throw new Error(`it decodes to ${channels} channels; expected gray or RGB`);
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, o = 0; i < data.length; i++) {
    rgb[o++] = data[i];
    rgb[o++] = data[i];
    rgb[o++] = data[i];
  }
  return { width, height, data: rgb };
}

/** Encodes to any format that can be read. */
export function encodeWithSharp(sharp: Sharp, image: Image, format: ImageFormat, quality: number): Promise<Buffer> {
  const { width, height, data } = image;
  const lossy = format === 'jpeg' || format === 'webp' || format === 'avif';
  const options = {
    ...(lossy && { quality }),
    ...((format === 'jpeg' || format === 'avif') && { chromaSubsampling: '4:4:4' }), // thin colored lines stay sharp
    ...(format === 'tiff' && { compression: 'deflate' }),
  };
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format, options)
    .toBuffer();
}

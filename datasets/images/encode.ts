import { dirname } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { pathArgument } from '../../io/options.ts';
import { shownValue } from '../../io/shown-value.ts';
import { makeFolder, writeWholeFile } from '../../io/whole-file.ts';
import { encodeBmp } from './bmp/encode-bmp.ts';
import { chosenSharp, chosenTurboEncoder } from './decode.ts';
import type { Image } from './image.ts';
import type { ImageFormat } from './image-format.ts';
import { checkedImage } from './read-image.ts';
import { encodeWithSharp } from './sharp-decoder.ts';
import { encodeWithTurbo, fitsTurboEncoder } from './turbo-encoder.ts';

/** No visible loss around thin lines and text. */
const QUALITY = 92;

/**
 * Encodes a picture as JPEG, PNG or BMP, and as the other formats with the optional package `sharp`.
 *
 * @param quality of lossy formats, 1–100
 * @throws ResnetCocoError BAD_IMAGE when the format needs `sharp`
 * @throws ResnetCocoError USAGE when the quality is out of range
 */
export async function encodeImage(image: Image, format: ImageFormat, quality = QUALITY): Promise<Uint8Array> {
  checkedImage(image);
  if (!(typeof quality === 'number' && quality >= 1 && quality <= 100)) {
    throw new ResnetCocoError('USAGE', `quality must be a number from 1 to 100, is ${shownValue(quality)}`);
  }
  if (format === 'bmp') return encodeBmp(image); // sharp cannot write it
  const sharp = await chosenSharp();
  if (sharp) return encodeWithSharp(sharp, image, format, quality);
  if (format === 'jpeg') return encodeJpeg(image, quality);
  if (format === 'png') return encodePng(image);
  throw new ResnetCocoError('BAD_IMAGE', `${format} needs the optional package sharp; npm install sharp, or write PNG`);
}

async function encodeJpeg(image: Image, quality: number): Promise<Uint8Array> {
  const turbo = fitsTurboEncoder(image, quality) ? await chosenTurboEncoder() : undefined;
  if (turbo) return encodeWithTurbo(turbo, image, quality);
  const { width, height, data } = image;
  const { default: jpeg } = await import('jpeg-js');
  const rgba = new Uint8Array(width * height * 4);
  for (let p = 0, o = 0; p < data.length; p += 3, o += 4) {
    rgba[o] = data[p];
    rgba[o + 1] = data[p + 1];
    rgba[o + 2] = data[p + 2];
  }
  return jpeg.encode({ width, height, data: rgba }, quality).data;
}

async function encodePng({ width, height, data }: Image): Promise<Uint8Array> {
  const { PNG } = await import('pngjs');
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // One filter and a middle level: trying all filters takes several times as long for a few per cent.
  return PNG.sync.write(png, { inputColorType: 2, inputHasAlpha: false, colorType: 2, filterType: 4, deflateLevel: 6 });
}

/** Encodes a picture and writes it, whole or not at all; missing folders are made. */
export async function writeImage(target: string | URL, image: Image, format: ImageFormat): Promise<void> {
  const path = pathArgument('writeImage', 'the file', target);
  const bytes = await encodeImage(image, format);
  await makeFolder(dirname(path));
  await writeWholeFile(path, bytes);
}

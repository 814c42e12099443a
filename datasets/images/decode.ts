import { ResnetCocoError } from '../../errors.ts';
import { decodeBmp, readBmpHeader } from './bmp/decode-bmp.ts';
import { orient } from './exif-orientation.ts';
import { type DecodedImage, type Image, MAX_IMAGE_PIXELS } from './image.ts';
import { describeUnknown, type ImageFormat, sniffFormat } from './image-format.ts';
import { decodeJpeg } from './jpeg/decode-jpeg.ts';
import { checkLength, readJpegHeader, scansProblem } from './jpeg/jpeg-header.ts';
import { decodePng } from './png/decode-png.ts';
import { readPngHeader } from './png/png-header.ts';
import { decodeWithSharp, loadSharp, type Sharp } from './sharp-decoder.ts';
import { loadTurbo, TURBO_PACKAGE, type Turbo } from './turbo-decoder.ts';
import { loadTurboEncoder, type TurboEncoder } from './turbo-encoder.ts';

/** An image decoder, and whether it is available. */
export interface Decoder {
  readonly name: 'sharp' | 'wasm' | 'js';
  readonly formats: readonly ImageFormat[];
  readonly available: boolean;
  /** Its description, or why it is not available. */
  readonly detail: string;
}

/**
 * The decoders in the order they are tried: the optional package `sharp`; libjpeg-turbo in WebAssembly for JPEG, nearly
 * as fast; pure JavaScript. `RESNET_COCO_DECODER=sharp`, `=wasm` or `=js` in the environment picks one; what wasm
 * cannot read is left to js.
 */
export async function decoders(): Promise<readonly Decoder[]> {
  const [sharp, wasm] = await Promise.all([
    availability('sharp', loadSharp(), ({ versions }) => `sharp ${versions.sharp}, libvips ${versions.vips}`),
    availability(TURBO_PACKAGE, loadTurbo(), () => 'libjpeg-turbo'),
  ]);
  return [
    { name: 'sharp', formats: ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'], ...sharp },
    { name: 'wasm', formats: ['jpeg'], ...wasm },
    { name: 'js', formats: ['jpeg', 'png', 'bmp'], available: true, detail: 'JavaScript' },
  ];
}

const availability = <T>(name: string, loading: Promise<T>, describe: (loaded: T) => string) =>
  loading.then(
    (loaded) => ({ available: true, detail: describe(loaded) }),
    (error: unknown) => ({ available: false, detail: whyNot(name, error) }),
  );

const whyNot = (name: string, error: unknown): string =>
  (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    ? `not installed; npm install ${name}`
    : `installed, but it does not load here: ${String(error).split('\n')[0]}`;

/** The decoder that the environment names. */
function wantedDecoder(): Decoder['name'] | 'auto' {
  const choice = process.env.RESNET_COCO_DECODER || 'auto';
  if (choice === 'auto' || choice === 'sharp' || choice === 'wasm' || choice === 'js') return choice;
  throw new ResnetCocoError('USAGE', `RESNET_COCO_DECODER=${choice}: expected sharp, wasm, js or nothing`);
}

/** Loads an optional package if wanted: undefined if it is missing, an error if the environment demands it. */
function optional<T>(name: 'sharp' | 'wasm', packageName: string, load: () => Promise<T>): Promise<T | undefined> {
  const choice = wantedDecoder();
  if (choice !== 'auto' && choice !== name) return Promise.resolve(undefined);
  return load().catch((cause: unknown) => {
    if (choice === 'auto') return undefined;
    const message = `RESNET_COCO_DECODER=${name}: ${whyNot(packageName, cause)}`;
    throw new ResnetCocoError('ENGINE_UNAVAILABLE', message, { cause });
  });
}

/** `sharp`, if it is used. */
export const chosenSharp = async (): Promise<Sharp | undefined> => optional('sharp', 'sharp', loadSharp);

/** libjpeg-turbo, if it is used. */
const chosenTurbo = async (): Promise<Turbo | undefined> => optional('wasm', TURBO_PACKAGE, loadTurbo);

/** The JPEG encoder, chosen by the same rules; undefined for jpeg-js. */
export const chosenTurboEncoder = async (): Promise<TurboEncoder | undefined> =>
  optional('wasm', TURBO_PACKAGE, loadTurboEncoder);

/**
 * Decodes the bytes of an image file.
 *
 * @param name the image's name in errors
 * @throws ResnetCocoError BAD_IMAGE when the file is damaged, too large or of an unsupported format
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const bad = (reason: string, cause?: unknown) => new ResnetCocoError('BAD_IMAGE', `${name}: ${reason}`, { cause });
  if (!bytes.length) throw bad('the file is empty');
  const format = sniffFormat(bytes);
  if (!format) throw bad(`${describeUnknown(bytes)}, which cannot be read as an image; convert it to JPEG or PNG`);
  const sharp = await chosenSharp();
  try {
    return { ...(await decodeFormat(bytes, format, sharp)), format };
  } catch (error) {
    throw bad(`cannot be decoded as ${format.toUpperCase()}: ${(error as Error).message}`, error);
  }
}

async function decodeFormat(bytes: Uint8Array, format: ImageFormat, sharp: Sharp | undefined): Promise<Image> {
  if (format === 'jpeg') {
    const header = readJpegHeader(bytes);
    checkSize(header);
    checkLength(header);
    const problem = scansProblem(header, MAX_IMAGE_PIXELS);
    if (problem) throw new Error(problem);
    // CMYK becomes RGB by Pillow's plain formula with every decoder; sharp would use a printing profile.
    const read = sharp && header.components.length !== 4 ? readWith(sharp, bytes) : undefined;
    return orient((await read) ?? (await decodeJpeg(bytes, header, await chosenTurbo())), header.orientation);
  }
  if (format === 'png') {
    const header = readPngHeader(bytes);
    checkSize(header);
    return orient((sharp && (await readWith(sharp, bytes))) ?? (await decodePng(header)), header.orientation);
  }
  if (format === 'bmp') {
    const header = readBmpHeader(bytes);
    checkSize(header);
    return decodeBmp(header);
  }
  if (!sharp) throw new Error('this format needs the optional package sharp; npm install sharp, or convert it');
  return decodeWithSharp(sharp, bytes, true);
}

/** What sharp refuses is left to the other decoders, which report the reason or read unusual files. */
const readWith = (sharp: Sharp, bytes: Uint8Array): Promise<Image | undefined> =>
  decodeWithSharp(sharp, bytes, false).catch(() => undefined);

function checkSize({ width, height }: { readonly width: number; readonly height: number }): void {
  if (width < 1 || height < 1) throw new Error(`it is ${width}×${height} pixels`);
  if (width * height > MAX_IMAGE_PIXELS) {
    throw new Error(`${width}×${height} is over the limit of ${MAX_IMAGE_PIXELS} pixels; scale it down first`);
  }
}

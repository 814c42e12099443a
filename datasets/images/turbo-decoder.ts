import type { Image } from './image.ts';

/** The package with libjpeg-turbo, Pillow's JPEG library, compiled to WebAssembly. */
export const TURBO_PACKAGE = '@cornerstonejs/codec-libjpeg-turbo-8bit';

/** Above this, the decoder's memory, which only grows, is freed after a picture. */
const MAX_KEPT_BYTES = 2 ** 26;

/** The loaded package; it decodes gray and RGB JPEG files. */
export interface Turbo {
  readonly JPEGDecoder: new () => TurboDecoder;
  readonly HEAPU8: Uint8Array;
}

interface TurboDecoder {
  getEncodedBuffer(size: number): Uint8Array;
  decode(): void;
  getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: number };
  /** Returns a copy. */
  getDecodedBuffer(): Uint8ClampedArray;
  /** Frees its memory. */
  delete(): void;
}

let loading: Promise<Turbo> | undefined;

/** Loads the decoder once. Rejects when its package is not installed or WebAssembly does not work here. */
export function loadTurbo(): Promise<Turbo> {
  const name: string = `${TURBO_PACKAGE}/decodewasmjs`;
  loading ??= import(name).then((imported: { default: () => Promise<Turbo> }) => imported.default());
  return loading;
}

/**
 * Decodes a JPEG file without applying orientation. Like Pillow, it accepts a picture that libjpeg only warns of, such
 * as one with damaged bits.
 *
 * @returns undefined when it cannot be decoded, for example a file of four components
 */
export function decodeWithTurbo(turbo: Turbo, bytes: Uint8Array): Image | undefined {
  const decoder = new turbo.JPEGDecoder(); // a new one, since its buffer is all zeros
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    const whole = decode(decoder);
    const { width, height, componentCount } = decoder.getFrameInfo();
    const decoded = decoder.getDecodedBuffer();
    if (!whole && !hasLastRow(decoded, width * height * componentCount, width * componentCount)) return undefined;
    if (componentCount === 3)
      return { width, height, data: new Uint8Array(decoded.buffer, decoded.byteOffset, decoded.length) };
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < decoded.length; i++) data.fill(decoded[i], i * 3, i * 3 + 3);
    return { width, height, data };
  } catch {
    return undefined; // not enough memory
  } finally {
    decoder.delete();
    if (turbo.HEAPU8.length > MAX_KEPT_BYTES) loading = undefined;
  }
}

/** False when the decoder throws: it throws a number that does not tell a warning from an error. */
function decode(decoder: TurboDecoder): boolean {
  try {
    decoder.decode();
    return true;
  } catch {
    return false;
  }
}

/** Whether the decoder reached the end. A black last row leaves this open; another decoder then has to decide. */
const hasLastRow = (decoded: Uint8ClampedArray, length: number, rowLength: number): boolean =>
  decoded.length > 0 && decoded.length === length && decoded.subarray(-rowLength).some((value) => value !== 0);

import type { Image } from './image.ts';

/** The package with libjpeg-turbo, the library that Pillow decodes with, compiled to WebAssembly. */
export const TURBO_PACKAGE = '@cornerstonejs/codec-libjpeg-turbo-8bit';

/** Beyond this the decoder's memory, which only ever grows, is given back after a picture. */
const MAX_KEPT_BYTES = 2 ** 28;

interface TurboModule {
  readonly JPEGDecoder: new () => TurboDecoder;
  readonly HEAPU8: Uint8Array;
}

/** It keeps its buffers, in WebAssembly memory, from one picture to the next. */
interface TurboDecoder {
  getEncodedBuffer(size: number): Uint8Array;
  decode(): void;
  getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: number };
  getDecodedBuffer(): Uint8Array;
}

/** A loaded decoder of grey and RGB JPEG files. */
export interface Turbo {
  readonly module: TurboModule;
  readonly decoder: TurboDecoder;
}

let loading: Promise<Turbo> | undefined;

/** Loads the decoder, once. Rejects if its package is not installed or WebAssembly does not work here. */
export function loadTurbo(): Promise<Turbo> {
  const name: string = `${TURBO_PACKAGE}/decodewasmjs`;
  loading ??= import(name)
    .then((imported: { default: () => Promise<TurboModule> }) => imported.default())
    .then((module) => ({ module, decoder: new module.JPEGDecoder() }));
  return loading;
}

/**
 * Decodes a JPEG file, orientation not applied.
 *
 * @throws if the file is damaged, or of four components
 */
export function decodeWithTurbo({ module, decoder }: Turbo, bytes: Uint8Array): Image {
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height, componentCount } = decoder.getFrameInfo();
    const decoded = decoder.getDecodedBuffer();
    if (componentCount === 3) return { width, height, data: new Uint8Array(decoded) };
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < decoded.length; i++) data.fill(decoded[i], i * 3, i * 3 + 3);
    return { width, height, data };
  } finally {
    if (module.HEAPU8.length > MAX_KEPT_BYTES) loading = undefined;
  }
}

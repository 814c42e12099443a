import type { Image } from './image.ts';
import { TURBO_PACKAGE } from './turbo-decoder.ts';

/** Full chroma resolution, since boxes and labels are thin and colorful. */
const NO_SUBSAMPLING = 0;

interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned: boolean;
}

/** The encoder keeps its buffers in WebAssembly memory from one picture to the next. */
export interface TurboEncoder {
  getDecodedBuffer(frame: FrameInfo): Uint8Array;
  setQuality(quality: number): void;
  setSubSampling(mode: number): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
}

let loading: Promise<TurboEncoder> | undefined;

/** Loads the encoder once. Rejects when its package is not installed or WebAssembly does not work here. */
export function loadTurboEncoder(): Promise<TurboEncoder> {
  const name: string = `${TURBO_PACKAGE}/wasmjs`;
  loading ??= import(name)
    .then((imported: { default: () => Promise<{ JPEGEncoder: new () => TurboEncoder }> }) => imported.default())
    .then((module) => new module.JPEGEncoder());
  return loading;
}

/**
 * Whether a picture can be encoded. The result's buffer is as large as the raw picture, and an overflow overwrites the
 * encoder's own memory. Even noise fits up to this quality, unless the picture is so small that the 600 bytes of
 * headers matter.
 */
export const fitsTurboEncoder = ({ width, height }: Image, quality: number): boolean =>
  width * height >= 4096 && quality <= 95;

/** Encodes a picture that fits as JPEG, `quality` 1–95. */
export function encodeWithTurbo(encoder: TurboEncoder, { width, height, data }: Image, quality: number): Uint8Array {
  encoder.getDecodedBuffer({ width, height, bitsPerSample: 8, componentCount: 3, isSigned: false }).set(data);
  encoder.setQuality(quality);
  encoder.setSubSampling(NO_SUBSAMPLING);
  encoder.encode();
  return new Uint8Array(encoder.getEncodedBuffer());
}

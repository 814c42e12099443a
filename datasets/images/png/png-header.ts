import type { Orientation } from '../exif-orientation.ts';
import { OrientationTags } from '../orientation-tags.ts';

/** The chunks of a PNG file. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly depth: number;
  readonly colorType: number;
  /** Samples per pixel. */
  readonly channels: number;
  readonly interlaced: boolean;
  /** RGB of each color; empty without a palette. */
  readonly palette: Uint8Array;
  readonly orientation: Orientation;
  /** The compressed rows, in parts. */
  readonly pixelBytes: readonly Uint8Array[];
}

export const PALETTE = 3;
export const SIGNATURE_LENGTH = 8;
/** By color type: samples per pixel, and the allowed bits per sample. */
const KINDS: Readonly<Record<number, { readonly channels: number; readonly depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  [PALETTE]: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

/** Real files have about one chunk per 8 KB; more are made to keep readers busy. */
const MAX_CHUNKS = 1 << 18;

/** The head of a chunk. */
export interface ChunkHead {
  readonly type: string;
  /** Length of the whole chunk, with its head and checksum. */
  readonly length: number;
}

export const CHUNK_HEAD = 8;

/** Undefined for the end marker, the end of the file, and what is not a chunk. */
export function chunkHead(bytes: Uint8Array): ChunkHead | undefined {
  if (bytes.length < CHUNK_HEAD) return undefined;
  const type = String.fromCharCode(...bytes.subarray(4, CHUNK_HEAD));
  if (type === 'IEND' || !/^\w{4}$/.test(type)) return undefined;
  return { type, length: 12 + viewOf(bytes).getUint32(0) };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The size that the start of a PNG file claims; undefined if its first chunk is no header. */
export function claimedSize(start: Uint8Array): Pick<PngHeader, 'width' | 'height'> | undefined {
  const chunk = start.subarray(SIGNATURE_LENGTH);
  if (chunkHead(chunk)?.type !== 'IHDR' || chunk.length < CHUNK_HEAD + 8) return undefined;
  return { width: viewOf(chunk).getUint32(CHUNK_HEAD), height: viewOf(chunk).getUint32(CHUNK_HEAD + 4) };
}

/** The checksums of single bytes. */
const CRCS = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRCS[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

type ImageHeader = Pick<PngHeader, 'width' | 'height' | 'depth' | 'colorType' | 'channels' | 'interlaced'>;

function readImageHeader(content: Uint8Array): ImageHeader {
  const view = viewOf(content);
  const [depth, colorType, , filterMethod, interlace] = content.subarray(8);
  const kind = KINDS[colorType];
  if (!kind) throw new Error(`its color type ${colorType} does not exist`);
  if (!kind.depths.includes(depth)) throw new Error(`color type ${colorType} has no ${depth} bits a sample`);
  if (filterMethod !== 0) throw new Error(`its filter method ${filterMethod} does not exist`);
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    colorType,
    channels: kind.channels,
    interlaced: interlace !== 0,
  };
}

/** Collects a PNG file's chunks, one after the other. */
export class PngChunks {
  /** The size in the header, even if the header is refused. */
  size: Pick<PngHeader, 'width' | 'height'> | undefined;
  readonly #tags = new OrientationTags();
  readonly #pixelBytes: Uint8Array[] = [];
  #header: ImageHeader | undefined;
  #palette = new Uint8Array(0);
  #count = 0;

  /** @throws Error when there are too many chunks */
  count(): void {
    if (++this.#count > MAX_CHUNKS) throw new Error(`it has more than ${MAX_CHUNKS} chunks`);
  }

  /**
   * Takes a whole chunk. Checks the checksums of header and palette; compressed pixels have their own.
   *
   * @throws Error with the reason when the header is wrong
   */
  take(type: string, chunk: Uint8Array): void {
    const content = chunk.subarray(CHUNK_HEAD, -4);
    if (type === 'IHDR' && content.length >= 13) {
      this.size ??= { width: viewOf(content).getUint32(0), height: viewOf(content).getUint32(4) };
    }
    const critical = type === 'IHDR' || type === 'PLTE';
    if (critical && crc32(chunk.subarray(4, -4)) !== viewOf(chunk).getUint32(chunk.length - 4)) {
      throw new Error(`the file is damaged (checksum of ${type})`);
    }
    if (type === 'IHDR' && content.length >= 13) this.#header ??= readImageHeader(content);
    else if (type === 'PLTE') this.#palette = content.slice(0, 768);
    else if (type === 'IDAT') this.#pixelBytes.push(content);
    else this.#tags.takeChunk(type, content);
  }

  get orientation(): Orientation {
    return this.#tags.orientation;
  }

  /** @throws Error with the reason when the file ends before its header does */
  whole(): PngHeader {
    if (!this.#header) throw new Error('the file is truncated: it ends within its header');
    const [palette, pixelBytes] = [this.#palette, this.#pixelBytes];
    return { ...this.#header, palette, orientation: this.orientation, pixelBytes };
  }
}

/**
 * Walks the chunks of a PNG file. Chunks that do not change the colors are skipped. So are transparency and gamma: a
 * transparent pixel keeps its color, as in Pillow's `convert('RGB')`.
 *
 * @throws Error with the reason when the file ends before its header does or the header is wrong
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const chunks = new PngChunks();
  for (let at = SIGNATURE_LENGTH; at + 12 <= bytes.length; ) {
    chunks.count();
    const head = chunkHead(bytes.subarray(at, at + CHUNK_HEAD));
    if (!head || at + head.length > bytes.length) break;
    chunks.take(head.type, bytes.subarray(at, at + head.length));
    at += head.length;
  }
  return chunks.whole();
}

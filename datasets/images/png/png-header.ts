import type { Orientation } from '../exif-orientation.ts';
import { OrientationTags } from '../orientation-tags.ts';

/** What a PNG file's chunks say and hold. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly colorType: number;
  /** Samples of a pixel. */
  readonly channels: number;
  readonly interlaced: boolean;
  /** RGB of each colour; empty without a palette. */
  readonly palette: Uint8Array;
  readonly orientation: Orientation;
  /** The compressed rows, in parts. */
  readonly pixelBytes: readonly Uint8Array[];
}

export const PALETTE = 3;
const SIGNATURE_LENGTH = 8;
/** By colour type: samples of a pixel, and the bits that one may have. */
const KINDS: Readonly<Record<number, { readonly channels: number; readonly depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  [PALETTE]: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

/** A chunk of a PNG file. */
interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
  /** Type and content, over which the checksum goes. */
  readonly checked: Uint8Array;
  readonly checksum: number;
}

/** Real files have one for each 8 KB or so; more are made to keep readers busy. */
export const MAX_CHUNKS = 1 << 18;

/** The whole chunks up to the end marker, the end of the file or what is no chunk. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE_LENGTH, count = 0; at + 12 <= bytes.length; ) {
    if (++count > MAX_CHUNKS) throw new Error(`it has more than ${MAX_CHUNKS} chunks`);
    const end = at + 8 + view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (end + 4 > bytes.length || type === 'IEND' || !/^\w{4}$/.test(type)) return;
    yield {
      type,
      content: bytes.subarray(at + 8, end),
      checked: bytes.subarray(at + 4, end),
      checksum: view.getUint32(end),
    };
    at = end + 4;
  }
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
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [depth, colorType, , filterMethod, interlace] = content.subarray(8);
  const kind = KINDS[colorType];
  if (!kind) throw new Error(`its colour type ${colorType} does not exist`);
  if (!kind.depths.includes(depth)) throw new Error(`colour type ${colorType} has no ${depth} bits a sample`);
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

/**
 * Walks the chunks of a PNG file. What does not bear on the colours is left out: transparency and gamma too, since a
 * transparent pixel keeps its colour here, as in Pillow's `convert('RGB')`. The checksums of header and palette are
 * checked; compressed pixels have one of their own.
 *
 * @throws Error with the reason, if the file ends before its header does or the header makes no sense
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const pixelBytes: Uint8Array[] = [];
  const tags = new OrientationTags();
  let header: ImageHeader | undefined;
  let palette = new Uint8Array(0);
  for (const { type, content, checked, checksum } of chunksOf(bytes)) {
    const critical = type === 'IHDR' || type === 'PLTE';
    if (critical && crc32(checked) !== checksum) throw new Error(`the file is damaged (checksum of ${type})`);
    if (type === 'IHDR' && content.length >= 13) header ??= readImageHeader(content);
    else if (type === 'PLTE') palette = content.slice(0, 768);
    else if (type === 'IDAT') pixelBytes.push(content);
    else tags.takeChunk(type, content);
  }
  if (!header) throw new Error('the file is truncated: it ends within its header');
  return { ...header, palette, orientation: tags.orientation, pixelBytes };
}

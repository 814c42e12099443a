import { deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A chunk with its true checksum. */
export function pngChunk(type: string, content: Uint8Array): Buffer {
  const chunk = Buffer.alloc(content.length + 12);
  chunk.writeUInt32BE(content.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(content, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + content.length)), 8 + content.length);
  return chunk;
}

interface PngKind {
  readonly depth?: number;
  readonly colorType: number;
  readonly interlaced?: boolean;
  /** Between the header and the pixels. */
  readonly before?: readonly Buffer[];
  /** Between the pixels and the end. */
  readonly behind?: readonly Buffer[];
}

/** A PNG file of compressed rows. */
export function pngFile(width: number, height: number, kind: PngKind, compressed: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([kind.depth ?? 8, kind.colorType, 0, 0, kind.interlaced ? 1 : 0], 8);
  return Buffer.concat([
    SIGNATURE,
    pngChunk('IHDR', header),
    ...(kind.before ?? []),
    pngChunk('IDAT', compressed),
    ...(kind.behind ?? []),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A gray picture, each row with the filter 0. */
export function grayPng(rows: readonly (readonly number[])[], kind: Partial<PngKind> = {}): Buffer {
  const raw = Buffer.from(rows.flatMap((row) => [0, ...row]));
  return pngFile(rows[0].length, rows.length, { colorType: 0, ...kind }, deflateSync(raw));
}

import type { Image } from '../image.ts';

const [FILE_HEADER, INFO_HEADER] = [14, 40];

/** Encodes a picture as BMP: 24 bits per pixel, rows from bottom to top. */
export function encodeBmp({ width, height, data }: Image): Uint8Array {
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const start = FILE_HEADER + INFO_HEADER;
  const bytes = Buffer.alloc(start + rowBytes * height);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(start, 10);
  bytes.writeUInt32LE(INFO_HEADER, FILE_HEADER);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26); // planes
  bytes.writeUInt16LE(24, 28);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0, o = start + (height - 1 - y) * rowBytes; x < width; x++, o += 3, p += 3) {
      bytes[o] = data[p + 2];
      bytes[o + 1] = data[p + 1];
      bytes[o + 2] = data[p];
    }
  }
  return bytes;
}

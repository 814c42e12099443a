import { isBmp } from './bmp/decode-bmp.ts';

/** Formats that can be read; all but the first three need the optional package `sharp`. */
export type ImageFormat = 'jpeg' | 'png' | 'bmp' | 'webp' | 'avif' | 'tiff' | 'gif';

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

const startsWith = (bytes: Uint8Array, ...prefix: number[]): boolean => prefix.every((byte, i) => bytes[i] === byte);

/** Brands of an ISO media file (`ftyp` box): the major brand and the compatible ones. */
function mediaBrands(bytes: Uint8Array): string[] {
  if (ascii(bytes, 4, 8) !== 'ftyp') return [];
  const end = Math.min(bytes.length, (bytes[2] << 8) | bytes[3], 128);
  const brands = [ascii(bytes, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(bytes, at, at + 4));
  return brands;
}

/** Detects the format from a file's first bytes, never from its name; undefined when it cannot be read. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (startsWith(bytes, 0xff, 0xd8, 0xff)) return 'jpeg';
  if (startsWith(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  if (isBmp(bytes)) return 'bmp';
  const head = ascii(bytes, 0, 12);
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'webp';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return 'tiff';
  if (mediaBrands(bytes).some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  return undefined;
}

/** Describes an unreadable file for error messages. */
export function describeUnknown(bytes: Uint8Array): string {
  const head = ascii(bytes, 0, 12);
  if (head.startsWith('BM')) return 'a BMP file of an unknown kind';
  if (head.startsWith('%PDF')) return 'a PDF file';
  if (head.startsWith('8BPS')) return 'a Photoshop file';
  if (startsWith(bytes, 0, 0, 1, 0)) return 'an icon (ICO) file';
  if (startsWith(bytes, 0xff, 0x0a) || head.slice(4, 8) === 'JXL ') return 'a JPEG XL file';
  if (head.slice(4, 8) === 'jP  ') return 'a JPEG 2000 file';
  if (mediaBrands(bytes).some((brand) => /^(hei|hev|mif1|msf1)/.test(brand))) return 'a HEIC file';
  if (mediaBrands(bytes).length) return 'a video or audio file';
  if (startsWith(bytes, 0x1f, 0x8b) || head.startsWith('PK\x03\x04')) return 'a compressed archive';
  const text = ascii(bytes, 0, 256);
  if (/<svg/i.test(text)) return 'an SVG file';
  if (/^\s*(<!doctype html|<html)/i.test(text)) return 'a web page (HTML)';
  if (bytes.every((byte) => byte === 0)) return 'nothing but zeros';
  // Never quotes the content: a foreign data set may name any file of this machine.
  const isText = bytes.subarray(0, 256).every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  return `a file of unknown format${isText ? ' (text)' : ''}`;
}

import type { Orientation } from './exif-orientation.ts';
import { OrientationTags } from './orientation-tags.ts';

/** What a JPEG file's markers (ITU T.81, annex B) say, before any picture is decoded. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Identifier and horizontal and vertical sampling factor of each component. */
  readonly components: readonly { readonly id: number; readonly h: number; readonly v: number }[];
  readonly jfif: boolean;
  /** Where Adobe's colour transform byte lies, -1 without its marker: 0 is RGB or CMYK, 1 YCbCr, 2 YCCK. */
  readonly adobeTransformAt: number;
  readonly orientation: Orientation;
  /** Just behind the end-of-image marker; what follows is not part of the picture. */
  readonly end: number;
}

/** Files of more scans are made to keep decoders busy; real progressive ones have about ten. */
const MAX_SCANS = 500;

const UNSUPPORTED_FRAMES: Readonly<Record<number, string>> = {
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical',
  199: 'hierarchical',
  201: 'arithmetic-coded',
  202: 'arithmetic-coded',
  203: 'arithmetic-coded',
  205: 'arithmetic-coded',
  206: 'arithmetic-coded',
  207: 'arithmetic-coded',
};

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP14 = 0xee;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** Markers without a length: restarts, start of image, TEM. */
const isBare = (marker: number) => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;

/** The place of the next marker's code at or behind `from`, over entropy-coded data and restarts; -1 if none follows. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1];
    if (code !== 0 && code !== 0xff && !isBare(code)) return at + 1;
  }
  return -1;
}

/**
 * Walks the markers of a whole JPEG file.
 *
 * @throws Error with the reason, if the file ends without its end marker or is of a kind that is not supported
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let frame: Pick<JpegHeader, 'width' | 'height' | 'components'> | undefined;
  let jfif = false;
  let adobeTransformAt = -1;
  const tags = new OrientationTags();
  let end = -1;
  let scans = 0;
  let componentsScanned = 0;
  for (let at = nextMarker(bytes, 2); at >= 0; ) {
    const marker = bytes[at];
    if (marker === END_OF_IMAGE) {
      end = at + 1;
      break;
    }
    const length = (bytes[at + 1] << 8) | bytes[at + 2];
    const segment = bytes.subarray(at + 3, at + 1 + length);
    if (segment.length < length - 2 || at + 2 >= bytes.length) break;
    if (marker === START_OF_SCAN) {
      if (++scans > MAX_SCANS) throw new Error(`it has more than ${MAX_SCANS} scans`);
      componentsScanned += segment[0];
    } else if (marker >= 0xc0 && marker <= 0xc2 && segment.length >= 6) {
      if (segment[0] !== 8) throw new Error(`it has ${segment[0]} bits per sample; only 8 are supported`);
      frame ??= {
        height: (segment[1] << 8) | segment[2],
        width: (segment[3] << 8) | segment[4],
        components: Array.from({ length: Math.min(segment[5], Math.floor((segment.length - 6) / 3)) }, (_, i) => ({
          id: segment[6 + i * 3],
          h: segment[7 + i * 3] >> 4,
          v: segment[7 + i * 3] & 15,
        })),
      };
    } else if (marker in UNSUPPORTED_FRAMES) {
      throw new Error(`${UNSUPPORTED_FRAMES[marker]} JPEG is not supported`);
    } else if (marker === APP0) {
      jfif ||= isTagged(segment, 'JFIF\0');
    } else if (marker === APP1) {
      tags.takeSegment(segment);
    } else if (marker === APP14 && segment.length >= 12 && isTagged(segment, 'Adobe')) {
      adobeTransformAt = at + 3 + 11;
    }
    at = nextMarker(bytes, at + 1 + Math.max(length, 2));
  }
  if (!frame || componentsScanned < frame.components.length || end < 0) {
    throw new Error('the file is truncated: it ends before the picture does');
  }
  return { ...frame, jfif, adobeTransformAt, orientation: tags.orientation, end };
}

/**
 * Refuses a file that claims more blocks of 8×8 samples than it has bits: each takes at least one, so that the file is
 * cut short, or made to have gigabytes allocated.
 */
export function checkLength({ components, width, height, end }: JpegHeader): void {
  const maxH = Math.max(...components.map(({ h }) => h));
  const maxV = Math.max(...components.map(({ v }) => v));
  const blocks = components.reduce((sum, { h, v }) => sum + (width * height * h * v) / (64 * maxH * maxV), 0);
  if (end * 8 < blocks) throw new Error(`the file is truncated: it is too small for ${width}×${height} pixels`);
}

const isTagged = (segment: Uint8Array, tag: string): boolean =>
  [...tag].every((char, i) => segment[i] === char.charCodeAt(0));

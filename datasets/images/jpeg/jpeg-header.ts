import type { Orientation } from '../exif-orientation.ts';
import { OrientationTags } from '../orientation-tags.ts';
import { END_OF_IMAGE, type JpegSegment, jpegSegments, START_OF_SCAN } from './jpeg-segments.ts';

/** A component of the frame: its sampling factors and the number of its quantization table. */
export interface JpegComponent {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly quantization: number;
}

/** The markers of a JPEG file (ITU T.81, annex B), read before decoding. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
  readonly coding: 'sequential' | 'progressive' | 'lossless' | 'arithmetic';
  readonly jfif: boolean;
  /** Where Adobe's color transform byte is, -1 without its marker: 0 is RGB or CMYK, 1 YCbCr, 2 YCCK. */
  readonly adobeTransformAt: number;
  readonly orientation: Orientation;
  readonly scans: number;
  /** Right after the end-of-image marker; what follows is not part of the picture. */
  readonly end: number;
}

/** Files with more scans are made to keep decoders busy; real progressive ones have about ten. */
const MAX_SCANS = 500;

/** Scans allowed for the largest pictures; smaller ones may have more, since a scan's time grows with the pixels. */
export const USUAL_SCANS = 12;

/** Coding by frame marker; other frames are not supported. */
const CODINGS: Readonly<Record<number, JpegHeader['coding']>> = {
  192: 'sequential',
  193: 'sequential',
  194: 'progressive',
  195: 'lossless',
  201: 'arithmetic',
  202: 'arithmetic',
};
/** Whether a marker of 0xc0 to 0xcf is a frame, not Huffman tables, an extension or arithmetic conditioning. */
const isFrame = (marker: number): boolean => (marker & 0xf0) === 0xc0 && ![0xc4, 0xc8, 0xcc].includes(marker);

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP14 = 0xee;

/** Collects a JPEG file's segments, one after the other. */
export class JpegMarkers {
  /** The size in the first frame, even if the frame is refused. */
  size: Pick<JpegHeader, 'width' | 'height'> | undefined;
  #frame: Pick<JpegHeader, 'width' | 'height' | 'components' | 'coding'> | undefined;
  #jfif = false;
  #adobeTransformAt = -1;
  readonly #tags = new OrientationTags();
  #end = -1;
  #scans = 0;
  #componentsScanned = 0;

  /** @throws Error with the reason when the file is of an unsupported kind */
  take({ at, content, end, marker }: JpegSegment): void {
    if (marker === END_OF_IMAGE) {
      this.#end = end;
    } else if (marker === START_OF_SCAN) {
      if (++this.#scans > MAX_SCANS) throw new Error(`it has more than ${MAX_SCANS} scans`);
      this.#componentsScanned += content[0];
    } else if (isFrame(marker) && content.length >= 6) {
      this.#takeFrame(marker, content);
    } else if (marker === APP0) {
      this.#jfif ||= isTagged(content, 'JFIF\0');
    } else if (marker === APP1) {
      // As in Pillow, segments after the first scan do not affect the orientation.
      if (!this.#scans) this.#tags.takeSegment(content);
    } else if (marker === APP14 && content.length >= 12 && isTagged(content, 'Adobe')) {
      this.#adobeTransformAt = at + 3 + 11;
    }
  }

  #takeFrame(marker: number, content: Uint8Array): void {
    const frame = readFrame(content);
    this.size ??= { width: frame.width, height: frame.height };
    const coding = CODINGS[marker];
    if (!coding) throw new Error('hierarchical JPEG is not supported');
    if (content[0] !== 8) throw new Error(`it has ${content[0]} bits per sample; only 8 are supported`);
    this.#frame ??= { ...frame, coding };
  }

  get orientation(): Orientation {
    return this.#tags.orientation;
  }

  /** @throws Error with the reason when the file has no end marker */
  whole(): JpegHeader {
    const [frame, end] = [this.#frame, this.#end];
    if (!frame || this.#componentsScanned < frame.components.length || end < 0) {
      throw new Error('the file is truncated: it ends before the picture does');
    }
    const [jfif, adobeTransformAt, scans] = [this.#jfif, this.#adobeTransformAt, this.#scans];
    return { ...frame, jfif, adobeTransformAt, orientation: this.orientation, scans, end };
  }
}

/**
 * Walks the markers of a whole JPEG file.
 *
 * @throws Error with the reason when the file has no end marker or is of an unsupported kind
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const markers = new JpegMarkers();
  for (const segment of jpegSegments(bytes)) markers.take(segment);
  return markers.whole();
}

const readFrame = (content: Uint8Array): Pick<JpegHeader, 'width' | 'height' | 'components'> => ({
  height: (content[1] << 8) | content[2],
  width: (content[3] << 8) | content[4],
  components: Array.from({ length: Math.min(content[5], Math.floor((content.length - 6) / 3)) }, (_, i) => ({
    id: content[6 + i * 3],
    h: content[7 + i * 3] >> 4,
    v: content[7 + i * 3] & 15,
    quantization: content[8 + i * 3],
  })),
});

/** Arithmetic coding can spend less than a bit per block. */
const MAX_ARITHMETIC_BLOCKS = 100;

/**
 * Refuses a file that claims more blocks of 8×8 samples than it has bits. Each block takes at least one bit, so such a
 * file is cut short, or made to allocate gigabytes.
 */
export function checkLength({ coding, components, width, height, end }: JpegHeader): void {
  const maxH = Math.max(...components.map(({ h }) => h));
  const maxV = Math.max(...components.map(({ v }) => v));
  const blocks = components.reduce((sum, { h, v }) => sum + (width * height * h * v) / (64 * maxH * maxV), 0);
  const blocksOfBit = coding === 'arithmetic' ? MAX_ARITHMETIC_BLOCKS : 1;
  if (end * 8 * blocksOfBit < blocks)
    throw new Error(`the file is truncated: it is too small for ${width}×${height} pixels`);
}

/**
 * The problem of a picture's scans, if any.
 *
 * @param maxPixels of a picture
 */
export function scansProblem(
  { width, height, scans }: Pick<JpegHeader, 'width' | 'height' | 'scans'>,
  maxPixels: number,
): string | undefined {
  const most = maxPixels * USUAL_SCANS;
  if (width * height * scans <= most) return undefined;
  const work = `${scans} scans of ${width}×${height} pixels are ${width * height * scans} to decode`;
  return `${work}, over the limit of ${most}; save it with fewer scans, as a baseline JPEG`;
}

const isTagged = (segment: Uint8Array, tag: string): boolean =>
  [...tag].every((char, i) => segment[i] === char.charCodeAt(0));

/** A part of a JPEG file (ITU T.81, annex B): a marker with what belongs to it. */
export interface JpegSegment {
  readonly marker: number;
  /** Between its length and the next marker, or the scan's data. */
  readonly content: Uint8Array;
  /** Where the marker's code lies, just behind its 0xff. */
  readonly at: number;
  /** Just behind the content, where a scan's data begin. */
  readonly end: number;
  /** Where the code of the next marker lies; -1 if none follows. */
  readonly next: number;
}

export const START_OF_SCAN = 0xda;
export const END_OF_IMAGE = 0xd9;

/** Markers without a length: restarts, start of image, TEM. */
const isBare = (marker: number) => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;

/** The place of the next marker's code at or behind `from`, over data, junk and restarts; -1 if none follows. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1];
    if (code !== 0 && code !== 0xff && !isBare(code)) return at + 1;
  }
  return -1;
}

/** Walks the markers of a JPEG file up to that of its end, which has no content, or to one that is cut short. */
export function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment, void> {
  for (let at = nextMarker(bytes, 2); at >= 0; ) {
    const marker = bytes[at];
    if (marker === END_OF_IMAGE) return yield { marker, content: bytes.subarray(at, at), at, end: at + 1, next: -1 };
    if (at + 2 >= bytes.length) return;
    const length = (bytes[at + 1] << 8) | bytes[at + 2];
    const end = at + 1 + Math.max(length, 2);
    if (end > bytes.length) return;
    const next = nextMarker(bytes, end);
    yield { marker, content: bytes.subarray(at + 3, end), at, end, next };
    at = next;
  }
}

/** The scans that a file begins, if it is a JPEG: told in passing, at a nanosecond or so a byte whatever is in it. */
export function countScans(bytes: Uint8Array): number {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return 0;
  let scans = 0;
  for (let at = 2; at + 3 < bytes.length; ) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === 0xff) at++;
    else if (marker === 0 || isBare(marker)) at += 2;
    else if (marker === END_OF_IMAGE) break;
    else {
      if (marker === START_OF_SCAN) scans++;
      at += 2 + Math.max((bytes[at + 2] << 8) | bytes[at + 3], 2);
    }
  }
  return scans;
}

const [APP0, APP14, COMMENT] = [0xe0, 0xee, 0xfe];

/** The file without what stands between its markers and does not belong there, and without metadata. */
export function withoutJunk(bytes: Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, 2)];
  for (const { marker, at, end, next } of jpegSegments(bytes)) {
    const isMetadata = (marker > APP0 && marker < APP14) || marker === APP14 + 1 || marker === COMMENT;
    if (isMetadata) continue;
    parts.push(bytes.subarray(at - 1, marker === START_OF_SCAN && next > 0 ? next - 1 : end));
  }
  return Buffer.concat(parts);
}

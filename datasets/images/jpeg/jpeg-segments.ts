/** A segment of a JPEG file (ITU T.81, annex B): a marker with its content. */
export interface JpegSegment {
  readonly marker: number;
  /** Between the length and the next marker, or the scan's data. */
  readonly content: Uint8Array;
  /** Where the marker's code is, right after its 0xff. */
  readonly at: number;
  /** Right after the content, where a scan's data begins. */
  readonly end: number;
  /** Where the next marker's code is; -1 when there is none. */
  readonly next: number;
}

export const START_OF_SCAN = 0xda;
export const END_OF_IMAGE = 0xd9;

/** Markers without a length: restarts, start of image, TEM. */
const isBare = (marker: number) => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;

/** Finds the next marker's code at or after `from`, past data, junk and restarts; -1 when there is none. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; ) {
    const code = bytes[at + 1];
    if (code !== 0 && code !== 0xff && !isBare(code)) return at + 1;
    at += code === 0xff ? 1 : 2;
    // Calling `indexOf` for each of many 0xff bytes would be slower than this test.
    if (bytes[at] !== 0xff) at = bytes.indexOf(0xff, at);
  }
  return -1;
}

/** Real files have tens of segments, or a few thousand with long metadata; more are made to keep readers busy. */
const MAX_SEGMENTS = 1 << 16;

/**
 * Walks the markers of a JPEG file up to the end marker, which has no content, or to a segment that is cut short.
 *
 * @throws Error when there are too many segments
 */
export function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment, void> {
  for (let at = nextMarker(bytes, 2), count = 0; at >= 0; ) {
    if (++count > MAX_SEGMENTS) throw new Error(`it has more than ${MAX_SEGMENTS} segments`);
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

const [APP0, APP14, COMMENT] = [0xe0, 0xee, 0xfe];

/** The file without junk between its markers; the same bytes when there is none. */
export function withoutJunk(bytes: Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, 2)];
  let hasJunk = false;
  let behind = 2;
  for (const { marker, at, end, next } of jpegSegments(bytes)) {
    hasJunk ||= bytes.subarray(behind, at - 1).some((byte) => byte !== 0xff);
    behind = marker === START_OF_SCAN && next > 0 ? next - 1 : end;
    // Metadata is dropped too, since it may be long.
    const isMetadata = (marker > APP0 && marker < APP14) || marker === APP14 + 1 || marker === COMMENT;
    if (!isMetadata) parts.push(bytes.subarray(at - 1, behind));
  }
  return hasJunk ? Buffer.concat(parts) : bytes;
}

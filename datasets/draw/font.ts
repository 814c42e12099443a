/** Renders text as an antialiased mask from outlines in the package; no installed fonts are needed. */
import { inflateSync } from 'node:zlib';
import { dejavu } from './font-dejavu.ts';

/** Outline units per font size. */
const EM = 1024;
/** Sampled lines per row of pixels; along a line, coverage is exact. */
const SUBLINES = 8;

/** A glyph: its advance width, and its closed contours as corner points x, y, x, y … (y upwards). */
interface Glyph {
  readonly advance: number;
  readonly contours: readonly (readonly number[])[];
}

interface Font {
  readonly ascent: number;
  readonly descent: number;
  readonly glyphs: ReadonlyMap<number, Glyph>;
}

/** Coverage of each pixel by text, 0–255. */
export interface TextMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The glyph for characters that the font lacks: an empty box. */
const MISSING: Glyph = {
  advance: 620,
  contours: [
    [70, -60, 550, -60, 550, 740, 70, 740],
    [130, 0, 130, 680, 490, 680, 490, 0],
  ],
};

let loaded: Font | undefined;

/** Unpacks the font at its first use; `font-dejavu.py` describes its format. */
function font(): Font {
  if (loaded) return loaded;
  const bytes = inflateSync(Buffer.from(dejavu, 'base64'));
  let at = 6;
  const varint = () => {
    let value = 0;
    let shift = 0;
    for (; bytes[at] > 127; shift += 7) value |= (bytes[at++] & 127) << shift;
    return value | (bytes[at++] << shift);
  };
  const unzigzag = (value: number) => (value & 1 ? -((value + 1) >> 1) : value >> 1);
  const glyphs = new Map<number, Glyph>();
  for (let n = bytes.readUInt16BE(4); n > 0; n--) {
    const code = bytes.readUInt16BE(at);
    const advance = bytes.readUInt16BE(at + 2);
    const contours: number[][] = [];
    let [x, y] = [0, 0];
    at += 5;
    for (let left = bytes[at - 1]; left > 0; left--) {
      const points = Array.from({ length: varint() }, () => {
        const step = varint();
        x += unzigzag(step >> 1);
        y += unzigzag(varint());
        return { x, y, on: (step & 1) === 1 };
      });
      contours.push(flatten(points));
    }
    glyphs.set(code, { advance, contours });
  }
  loaded = { ascent: bytes.readInt16BE(0), descent: bytes.readInt16BE(2), glyphs };
  return loaded;
}

interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly on: boolean;
}

/** Flattens a TrueType contour of lines and quadratic curves into straight segments. */
function flatten(points: readonly CurvePoint[]): number[] {
  const between = (a: CurvePoint, b: CurvePoint) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, on: true });
  const last = points[points.length - 1];
  let from = points[0].on ? points[0] : last.on ? last : between(points[0], last);
  const corners: number[] = [from.x, from.y];
  for (let i = points[0].on ? 1 : 0; i < points.length; i++) {
    const point = points[i];
    if (point.on) {
      corners.push(point.x, point.y);
      from = point;
      continue;
    }
    const next = i + 1 < points.length ? points[i + 1] : points[0];
    const to = next.on ? next : between(point, next);
    const pieces = Math.min(
      8,
      2 + Math.floor(Math.hypot(from.x - 2 * point.x + to.x, from.y - 2 * point.y + to.y) / 60),
    );
    for (let k = 1; k <= pieces; k++) {
      const t = k / pieces;
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
      corners.push(a * from.x + b * point.x + c * to.x, a * from.y + b * point.y + c * to.y);
    }
    from = to;
  }
  return corners;
}

const glyphsOf = (text: string): Glyph[] =>
  Array.from(
    text.normalize('NFC').replace(/\s|\p{Cc}/gu, ' '),
    (char) => font().glyphs.get(char.codePointAt(0)!) ?? MISSING,
  );

/** The width of a text in pixels. */
export const textWidth = (text: string, size: number): number =>
  (glyphsOf(text).reduce((sum, { advance }) => sum + advance, 0) * size) / EM;

/**
 * Renders a line of text. The font has Latin, Greek and Cyrillic letters; others become empty boxes.
 *
 * @param size font size in pixels
 * @returns a mask of the font's line height and the text's width
 */
export function textMask(text: string, size: number): TextMask {
  const scale = size / EM;
  const baseline = font().ascent * scale;
  const width = Math.ceil(textWidth(text, size)) + 1;
  const height = Math.ceil(baseline - font().descent * scale);
  const crossings: number[][] = Array.from({ length: height * SUBLINES }, () => []);
  let pen = 0;
  for (const { advance, contours } of glyphsOf(text)) {
    for (const corners of contours) {
      let x0 = pen + corners[corners.length - 2] * scale;
      let y0 = baseline - corners[corners.length - 1] * scale;
      for (let i = 0; i < corners.length; i += 2) {
        const x1 = pen + corners[i] * scale;
        const y1 = baseline - corners[i + 1] * scale;
        addCrossings(crossings, x0, y0, x1, y1);
        [x0, y0] = [x1, y1];
      }
    }
    pen += advance * scale;
  }
  return { width, height, data: fillCrossings(crossings, width, height) };
}

/** Records where an edge crosses the middle of each subline: pairs of x and the edge's direction. */
function addCrossings(crossings: number[][], x0: number, y0: number, x1: number, y1: number): void {
  const [top, bottom, direction] = y0 < y1 ? [y0, y1, 1] : [y1, y0, -1];
  const first = Math.max(0, Math.ceil(top * SUBLINES - 0.5));
  const end = Math.min(crossings.length, Math.ceil(bottom * SUBLINES - 0.5));
  for (let line = first; line < end; line++) {
    crossings[line].push(x0 + ((x1 - x0) * ((line + 0.5) / SUBLINES - y0)) / (y1 - y0), direction);
  }
}

/** Fills with the nonzero winding rule, so that parts of a letter may overlap. */
function fillCrossings(crossings: readonly number[][], width: number, height: number): Uint8Array {
  const covered = new Float32Array(width * height);
  crossings.forEach((flat, line) => {
    const row = Math.floor(line / SUBLINES) * width;
    const sorted = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]] as const);
    sorted.sort(([a], [b]) => a - b);
    let winding = 0;
    sorted.forEach(([x, direction], i) => {
      if (winding !== 0) {
        const from = Math.max(sorted[i - 1][0], 0);
        const to = Math.min(x, width);
        for (let p = Math.floor(from); p < to; p++) covered[row + p] += Math.min(to, p + 1) - Math.max(from, p);
      }
      winding += direction;
    });
  });
  return Uint8Array.from(covered, (sum) => Math.min(255, Math.round((sum * 255) / SUBLINES)));
}

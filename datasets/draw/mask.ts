import type { Image } from '../images/image.ts';
import { ColumnSpans, commonSpans, type Spans } from '../masks/column-spans.ts';
import type { Rle } from '../masks/rle.ts';
import type { Color } from './palette.ts';
import { tint } from './strokes.ts';

/** Opacity of a mask inside its outline. */
const MASK_OPACITY = 0.4;

/**
 * Paints a mask, translucent within its outline, run by run: there is no bitmap of the picture's size. A mask of another
 * size is stretched to the picture.
 *
 * @param thickness of the outline in pixels, which is inside; 0 for none. The picture's border is not outlined
 * @param opacity within the outline
 */
export function paintMask(canvas: Image, rle: Rle, color: Color, thickness: number, opacity = MASK_OPACITY): void {
  const { height, width } = canvas;
  const columns = new ColumnSpans(rle);
  const [xScale, yScale] = [width / rle.width, height / rle.height];
  const stretched = (x: number): Spans => {
    const spans = columns.at(Math.min(rle.width - 1, Math.floor((x + 0.5) / xScale)));
    return yScale === 1 ? spans : spans.map((y) => Math.round(y * yScale));
  };
  const right = Math.min(width, Math.ceil(columns.right * xScale));
  const first = Math.floor(columns.left * xScale);
  // The columns around the current one, each read once.
  const near = new Map<number, Spans>();
  const at = (x: number): Spans => {
    const spans = near.get(x) ?? stretched(x);
    near.set(x, spans);
    return spans;
  };
  for (let x = first; x < right; x++) {
    near.delete(x - thickness - 1);
    const own = at(x);
    let inner = shrunkSpans(own, thickness, height);
    for (let step = 1; step <= thickness && inner.length; step++) {
      if (x - step >= 0) inner = commonSpans(inner, at(x - step));
      if (x + step < width) inner = commonSpans(inner, at(x + step));
    }
    if (opacity) tintColumn(canvas, x, inner, color, opacity);
    // Of spans within others, all borders in order are what is between.
    tintColumn(canvas, x, inner.length ? [...own, ...inner].sort((a, b) => a - b) : own, color, 1);
  }
}

/** Without the rows near an end, unless that is the picture's. */
function shrunkSpans(spans: Spans, by: number, height: number): Spans {
  const shrunk: number[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    const top = spans[i] === 0 ? 0 : spans[i] + by;
    const bottom = spans[i + 1] === height ? height : spans[i + 1] - by;
    if (bottom > top) shrunk.push(top, bottom);
  }
  return shrunk;
}

function tintColumn(canvas: Image, x: number, spans: Spans, color: Color, share: number): void {
  for (let i = 0; i < spans.length; i += 2) {
    for (let y = spans[i]; y < spans[i + 1]; y++) tint(canvas, y * canvas.width + x, color, share);
  }
}

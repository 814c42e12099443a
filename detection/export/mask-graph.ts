// D objects, M × M mask of each, H × W pixels of the image, K classes with the background.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import { JUST_BELOW_HALF, type MaskPaste, PADDING } from '../ops/paste-masks.ts';
import type { RegionWires } from './region-graph.ts';
import type { SizeWires } from './resize-graph.ts';

/** A pixel is in the mask above it. */
const HALF = 0.5;

/** `[R, M, M]` probabilities of each region's own class, from logits `[R, M, M, K]` in the order of pooled rows. */
export function ownMasks(
  g: GraphBuilder,
  logits: Wire,
  labels: Wire,
  { order, rank }: RegionWires,
  side: number,
): Wire {
  const classes = g.reshape(g.gather(labels, order), -1, 1, 1, 1);
  const indices = g.op('Expand', [classes, g.concat([g.size(labels, 0), g.ints(side, side, 1)], 0)]);
  const own = g.squeeze(g.op('GatherElements', [logits, indices], { axis: 3 }), 3);
  const powers = g.exp(g.neg(g.cast(g.gather(own, rank), 'float64')));
  return g.cast(g.div(1, g.add(powers, 1)), 'float32');
}

/**
 * `pasteMask` of each object, or `pasteSampledMask`: bytes `[D, H, W]`, 1 in the object.
 *
 * @param boxes `[D, 4]` in pixels of the image
 */
export function pastedMasks(
  g: GraphBuilder,
  probabilities: Wire,
  boxes: Wire,
  image: SizeWires,
  { paste, side }: { readonly paste: MaskPaste; readonly side: number },
): Wire {
  const padded = side + 2 * PADDING;
  const pads = g.ints(0, PADDING, PADDING, 0, PADDING, PADDING);
  const framed = g.cast(g.op('Pad', [probabilities, pads]), 'float64');
  const corners = paste === 'resize' ? expandedBoxes(g, boxes, side) : boxes;
  const [masks] = g.forEach(
    [
      { value: framed, row: [padded, padded] },
      { value: corners, row: [4] },
    ],
    [{ dtype: 'uint8', sizes: [image.height, image.width] }],
    (body, [mask, box]) => {
      const stretched = paste === 'resize' ? resizedSide : sampledSide;
      const [x1, y1, x2, y2] = body.columns(box, 4);
      const columns = stretched(body, x1, x2, image.width, side);
      const rows = stretched(body, y1, y2, image.height, side);
      return [pasted(body, mask, rows, columns, paste === 'resize' ? HALF : JUST_BELOW_HALF)];
    },
  );
  return masks;
}

/** The boxes of padded masks, in whole pixels: `expandedBox`. `[D, 4]` */
function expandedBoxes(g: GraphBuilder, boxes: Wire, side: number): Wire {
  const scale = Math.fround((side + 2 * PADDING) / side);
  const [x1, y1, x2, y2] = g.columns(boxes, 4);
  const around = (from: Wire, to: Wire) => {
    const half = g.mul(g.mul(g.sub(to, from), 0.5), scale);
    const center = g.mul(g.add(to, from), 0.5);
    return [g.sub(center, half), g.add(center, half)];
  };
  const [left, right] = around(x1, x2);
  const [top, bottom] = around(y1, y2);
  return g.cast(g.concat([left, top, right, bottom], 1), 'int64');
}

/** How a side of a mask is stretched over pixels of the image. */
interface Side {
  /** `[pixels, padded]`: what each cell of the mask counts for each pixel. */
  readonly shares: Wire;
  /** Pixels of the image before and after these. */
  readonly before: Wire;
  readonly after: Wire;
}

/** One object's mask in the image, `[H, W]`. */
function pasted(g: GraphBuilder, mask: Wire, rows: Side, columns: Side, threshold: number): Wire {
  const wide = g.cast(g.cast(g.matMul(mask, g.transpose(columns.shares, 1, 0)), 'float32'), 'float64');
  const values = g.cast(g.matMul(rows.shares, wide), 'float32');
  const inside = g.cast(g.greater(values, threshold), 'uint8');
  return g.op('Pad', [inside, g.concat([rows.before, columns.before, rows.after, columns.after], 0)]);
}

/** Whole pixels `from` … `to`, as far as they are in the image: the first, and the one after the last. */
function within(g: GraphBuilder, from: Wire, to: Wire, size: Wire): { first: Wire; end: Wire } {
  const first = g.min(g.max(from, 0), size);
  return { first, end: g.max(g.min(g.add(to, 1), size), first) };
}

/** A side of an expanded box, resized: `taps`. */
function resizedSide(g: GraphBuilder, from: Wire, to: Wire, size: Wire, side: number): Side {
  const { end, first } = within(g, from, to, size);
  const pixels = g.add(g.range(g.sub(end, first)), g.sub(first, from));
  const stretched = g.max(g.add(g.sub(to, from), 1), 1);
  const scale = g.div(side + 2 * PADDING, g.cast(stretched, 'float32'));
  const place = g.sub(g.mul(scale, g.add(g.cast(pixels, 'float32'), 0.5)), 0.5);
  return { shares: cellShares(g, place, side), before: first, after: g.sub(size, end) };
}

/** A side of a box, sampled: `centerTaps`. */
function sampledSide(g: GraphBuilder, from: Wire, to: Wire, size: Wire, side: number): Side {
  const whole = (x: Wire) => g.cast(x, 'int64');
  const { end, first } = within(g, g.sub(whole(g.floor(from)), 1), g.add(whole(g.ceil(to)), 1), size);
  const pixels = g.add(g.range(g.sub(end, first)), first);
  const inBox = g.div(g.sub(g.add(g.cast(pixels, 'float32'), 0.5), from), g.sub(to, from));
  const grid = g.sub(g.mul(inBox, 2), 1);
  const place = g.cast(g.div(g.sub(g.mul(g.add(grid, 1), side), 1), 2), 'float64');
  const inside = g.min(g.add(place, PADDING), side + 2 * PADDING - 1);
  return { shares: cellShares(g, inside, side), before: first, after: g.sub(size, end) };
}

/** `[pixels, padded]`: what each cell of a padded side counts at places on it. */
function cellShares(g: GraphBuilder, places: Wire, side: number): Wire {
  const last = side + 2 * PADDING - 1;
  const place = g.max(places, 0);
  const near = g.min(g.floor(place), last);
  const share = g.unsqueeze(g.cast(g.cast(g.sub(place, near), 'float32'), 'float64'), 1);
  const far = g.min(g.add(near, 1), last);
  const cells = g.constant(
    Array.from({ length: last + 1 }, (_, cell) => cell),
    'float32',
  );
  const isAt = (cell: Wire) => g.equal(g.unsqueeze(g.cast(cell, 'float32'), 1), cells);
  return g.add(g.where(isAt(near), g.sub(1, share), 0), g.where(isAt(far), share, 0));
}

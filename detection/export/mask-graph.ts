// D objects, M × M mask of each, H × W pixels of the image, K classes with the background.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import type { SizeWires } from './image-graph.ts';
import type { RegionWires } from './region-graph.ts';

/** Zeros around a mask before it is resized. */
const PADDING = 1;
/** A pixel is in the mask above it. */
const THRESHOLD = 0.5;

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

/** `pasteMask` of each object: bytes `[D, H, W]`, 1 in the object. @param boxes `[D, 4]` in pixels of the image */
export function pastedMasks(g: GraphBuilder, probabilities: Wire, boxes: Wire, image: SizeWires, side: number): Wire {
  const padded = side + 2 * PADDING;
  const pads = g.ints(0, PADDING, PADDING, 0, PADDING, PADDING);
  const framed = g.cast(g.op('Pad', [probabilities, pads]), 'float64');
  const [masks] = g.forEach(
    [
      { value: framed, row: [padded, padded] },
      { value: expandedBoxes(g, boxes, side), row: [4] },
    ],
    [{ dtype: 'uint8', sizes: [image.height, image.width] }],
    (body, [mask, box]) => [pasted(body, mask, box, image, padded)],
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

/** One object's mask in the image, `[H, W]`. */
function pasted(g: GraphBuilder, mask: Wire, box: Wire, { height, width }: SizeWires, padded: number): Wire {
  const [x1, y1, x2, y2] = g.columns(box, 4);
  const columns = stretch(g, x1, x2, width, padded);
  const rows = stretch(g, y1, y2, height, padded);
  const wide = g.cast(g.cast(g.op('MatMul', [mask, g.transpose(columns.shares, 1, 0)]), 'float32'), 'float64');
  const values = g.cast(g.matMul(rows.shares, wide), 'float32');
  const inside = g.cast(g.greater(values, THRESHOLD), 'uint8');
  return g.op('Pad', [inside, g.concat([rows.before, columns.before, rows.after, columns.after], 0)]);
}

/** How a side of a mask is stretched to pixels `from` … `to` of a box, as far as they are in the image. */
function stretch(g: GraphBuilder, from: Wire, to: Wire, size: Wire, padded: number) {
  const stretched = g.max(g.add(g.sub(to, from), 1), 1);
  const first = g.min(g.max(from, 0), size);
  const end = g.max(g.min(g.add(to, 1), size), first);
  const pixels = g.add(g.range(g.sub(end, first)), g.sub(first, from));
  const scale = g.div(padded, g.cast(stretched, 'float32'));
  const place = g.max(g.sub(g.mul(scale, g.add(g.cast(pixels, 'float32'), 0.5)), 0.5), 0);
  const near = g.min(g.floor(place), padded - 1);
  const share = g.unsqueeze(g.cast(g.sub(place, near), 'float64'), 1);
  const far = g.min(g.add(near, 1), padded - 1);
  const cells = g.constant(
    Array.from({ length: padded }, (_, cell) => cell),
    'float32',
  );
  const isAt = (cell: Wire) => g.equal(g.unsqueeze(cell, 1), cells);
  /** `[pixels, padded]`: what each cell of the mask counts for each pixel. */
  const shares = g.add(g.where(isAt(near), g.sub(1, share), 0), g.where(isAt(far), share, 0));
  return { shares, before: first, after: g.sub(size, end) };
}

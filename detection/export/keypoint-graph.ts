// D objects, J joints, S × S heatmap of each, h × w pixels of the box.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import { CUBIC_SHARPNESS as A, type JointScore } from '../ops/heatmaps-to-keypoints.ts';
import type { SizeWires } from './resize-graph.ts';

/** What there is to know of heatmaps. */
export interface Heatmaps {
  readonly side: number;
  readonly joints: number;
  readonly score: JointScore;
}

/** The joints of objects. */
export interface KeypointWires {
  /** `[D, J, 3]`: x and y in pixels of the image, and COCO's visibility, which is 1. */
  readonly keypoints: Wire;
  /** `[D, J]` */
  readonly scores: Wire;
}

/**
 * `heatmapsToKeypoints` of each object, and `resizeJoints`.
 *
 * @param heatmaps `[D, S, S, J]` @param boxes `[D, 4]` in pixels of the resized image
 */
export function keypointGraph(
  g: GraphBuilder,
  heatmaps: Wire,
  boxes: Wire,
  { joints, score, side }: Heatmaps,
  from: SizeWires,
  to: SizeWires,
): KeypointWires {
  const [places, scores] = g.forEach(
    [
      { value: g.transpose(heatmaps, 0, 3, 1, 2), row: [joints, side, side] },
      { value: boxes, row: [4] },
    ],
    [
      { dtype: 'float32', sizes: [joints, 2] },
      { dtype: 'float32', sizes: [joints] },
    ],
    (body, [map, box]) => highestPlaces(body, map, box, side, score),
  );
  const bySide = (size: SizeWires) => g.cast(g.concat([size.width, size.height], 0), 'float32');
  const inImage = g.mul(places, g.div(bySide(to), bySide(from)));
  const visible = g.filled(1, 'float32', g.size(places, 0), joints, 1);
  return { keypoints: g.concat([inImage, visible], 2), scores };
}

/** Of each heatmap, enlarged to the box, the highest place, `[J, 2]` of x and y, and its score. */
function highestPlaces(g: GraphBuilder, maps: Wire, box: Wire, side: number, score: JointScore): Wire[] {
  const [x1, y1, x2, y2] = g.columns(box, 4);
  const columns = stretch(g, x1, x2, side);
  const rows = stretch(g, y1, y2, side);
  const wide = g.matMul(g.cast(maps, 'float64'), g.transpose(columns.shares, 1, 0));
  const rounded = (x: Wire) => g.cast(x, 'float32');
  const values = rounded(g.matMul(rows.shares, g.cast(rounded(wide), 'float64')));
  const flat = g.reshape(values, 0, -1);
  const best = g.op('ArgMax', [flat], { axis: 1, keepdims: 0 }, 'int64');
  const inBox = (pixel: Wire, { start, step }: Stretch) =>
    g.add(g.mul(g.add(g.cast(pixel, 'float32'), 0.5), step), start);
  const x = inBox(g.mod(best, columns.count), columns);
  const y = inBox(g.div(best, columns.count), rows);
  const highest = g.reduceMax(flat, [1]);
  const scores = score === 'logit' ? highest : sharesOf(g, highest, maps);
  return [g.concat([g.unsqueeze(x, 1), g.unsqueeze(y, 1)], 1), scores];
}

/** 1 by the sum of the softmax's powers at the heatmap's own size. */
function sharesOf(g: GraphBuilder, highest: Wire, maps: Wire): Wire {
  const least = g.unsqueeze(g.cast(highest, 'float64'), 1, 2);
  const powers = g.exp(g.sub(g.cast(maps, 'float64'), least));
  return g.cast(g.div(1, g.reduceSum(powers, [1, 2])), 'float32');
}

/** How a side of a heatmap is stretched to a side of a box. */
interface Stretch {
  /** `[pixels, S]`: what each cell counts for each pixel, `cubicTaps`. */
  readonly shares: Wire;
  readonly count: Wire;
  /** Where the side begins, and how long a pixel is. */
  readonly start: Wire;
  readonly step: Wire;
}

function stretch(g: GraphBuilder, from: Wire, to: Wire, side: number): Stretch {
  const length = g.max(g.sub(to, from), 1);
  const rounded = g.ceil(length);
  const count = g.cast(rounded, 'int64');
  const scale = g.div(side, rounded);
  const place = g.sub(g.mul(scale, g.add(g.cast(g.range(count), 'float32'), 0.5)), 0.5);
  const first = g.floor(place);
  const t = g.cast(g.sub(place, first), 'float64');
  const distances = [outer(g, g.add(t, 1)), inner(g, t), inner(g, g.sub(1, t)), outer(g, g.sub(2, t))];
  const cells = g.constant(
    Array.from({ length: side }, (_, cell) => cell),
    'float32',
  );
  const taps = distances.map((share, tap) => {
    const cell = g.min(g.max(g.add(first, tap - 1), 0), side - 1);
    const single = g.cast(g.cast(share, 'float32'), 'float64');
    return g.where(g.equal(g.unsqueeze(cell, 1), cells), g.unsqueeze(single, 1), 0);
  });
  const shares = taps.reduce((sum, tap) => g.add(sum, tap));
  return { shares, count, start: from, step: g.div(length, rounded) };
}

/** Keys' cubic kernel at a distance up to 1, and from 1 to 2. */
const inner = (g: GraphBuilder, x: Wire): Wire => g.add(g.mul(g.mul(g.sub(g.mul(x, A + 2), A + 3), x), x), 1);
const outer = (g: GraphBuilder, x: Wire): Wire =>
  g.sub(g.mul(g.add(g.mul(g.sub(g.mul(x, A), 5 * A), x), 8 * A), x), 4 * A);

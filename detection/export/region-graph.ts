// R regions, L levels that they are pooled from.
import type { Graph, GraphBuilder, Wire } from '../../engine/index.ts';
import { CANONICAL_LEVEL, CANONICAL_SCALE, LEVEL_MARGIN } from '../ops/level-mapper.ts';
import { extents } from './box-graph.ts';
import type { ImageWires } from './image-graph.ts';

/** Regions by level, and the order that pooling has them in. */
export interface RegionWires {
  /** Inputs of a head's graph: `regions0` … `[r, 5]`. */
  readonly inputs: Readonly<Record<string, Wire>>;
  /** `[R]`: pooled row i belongs to region `order[i]`. */
  readonly order: Wire;
  /** `[R]`: region i is in pooled row `rank[i]`. */
  readonly rank: Wire;
}

const log2 = (g: GraphBuilder, x: Wire): Wire => g.div(g.log(g.cast(x, 'float64')), Math.LN2);

/** The levels that regions are pooled from. */
export interface RegionLevels {
  /** Pixels of the image to a cell, which double from level to level. */
  readonly strides: readonly number[];
  /** Whether scales are measured, as in torchvision, rather than 1 / stride. */
  readonly measured: boolean;
}

/** `regionsByLevel` of one image. @param boxes `[R, 4]` */
export function regionGraph(
  g: GraphBuilder,
  boxes: Wire,
  { measured, strides }: RegionLevels,
  { padded, resized }: ImageWires,
): RegionWires {
  // The scale of the finest level, as the exponent of the power of two that is nearest to it.
  const power = Math.log2(strides[0]);
  const cells = g.ceil(g.div(g.cast(padded.height, 'float64'), strides[0]));
  const exponent = measured
    ? g.floor(g.add(log2(g, g.div(cells, g.cast(resized.height, 'float64'))), 0.5))
    : g.constant([-power], 'float64');
  const factor = g.cast(g.op('Pow', [g.constant([2], 'float64', []), g.add(exponent, power)]), 'float32');
  const scaled = g.mul(boxes, factor);

  const { height, width } = extents(g, boxes);
  const ratio = g.div(g.sqrt(g.squeeze(g.mul(width, height), 1)), CANONICAL_SCALE);
  const level = g.floor(g.add(g.add(g.cast(log2(g, ratio), 'float32'), CANONICAL_LEVEL), LEVEL_MARGIN));
  const finest = g.neg(g.cast(exponent, 'float32'));
  const levels = g.min(g.max(g.sub(level, finest), 0), strides.length - 1);

  const inputs: Record<string, Wire> = {};
  const orders = strides.map((_, l) => {
    const places = g.placesOf(g.equal(levels, l));
    const image = g.filled(0, 'float32', g.size(places, 0), 1);
    inputs[`regions${l}`] = g.concat([image, g.gather(scaled, places)], 1);
    return places;
  });
  const order = g.concat(orders, 0);
  const rows = g.range(g.size(order, 0));
  return { inputs, order, rank: g.scattered(rows, order, rows) };
}

/** What a head computes of regions, in the order of pooled rows. */
export const headGraph = (
  g: GraphBuilder,
  part: Graph,
  name: string,
  features: Readonly<Record<string, Wire>>,
  { inputs }: RegionWires,
): Record<string, Wire> => g.include(part, name, { ...features, ...inputs });

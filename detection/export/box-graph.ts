// B boxes, rows [x1, y1, x2, y2].
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import { type AnchorConfig, AnchorGenerator } from '../ops/anchors.ts';
import { type BoxWeights, MAX_LOG_RATIO, type RatioClip } from '../ops/box-coder.ts';
import type { SizeWires } from './resize-graph.ts';

/** Sizes as numbers, one beside the other: `[width, height, width, height]`, as boxes have their sides. */
export const sides = (g: GraphBuilder, { height, width }: SizeWires): Wire =>
  g.cast(g.concat([width, height, width, height], 0), 'float32');

/** `clipBoxes`. */
export const clippedBoxes = (g: GraphBuilder, boxes: Wire, image: SizeWires): Wire =>
  g.min(g.max(boxes, 0), sides(g, image));

/** `resizeBoxes`. */
export const resizedBoxes = (g: GraphBuilder, boxes: Wire, from: SizeWires, to: SizeWires): Wire =>
  g.mul(boxes, g.div(sides(g, to), sides(g, from)));

/** Width and height of boxes, with the last axis left. */
export function extents(g: GraphBuilder, boxes: Wire): { width: Wire; height: Wire } {
  const [x1, y1, x2, y2] = g.columns(boxes, 4);
  return { width: g.sub(x2, x1), height: g.sub(y2, y1) };
}

/** Whether the width and the height of boxes reach a number of pixels, or, with 0, are above it, without the last axis. */
export function reachSize(g: GraphBuilder, boxes: Wire, minSize: number): Wire {
  const { height, width } = extents(g, boxes);
  const isLong = (side: Wire) => (minSize > 0 ? g.atLeast(side, minSize) : g.greater(side, 0));
  return g.squeeze(g.and(isLong(width), isLong(height)), -1);
}

/** Rounded once from 64 bits, as the host does: ONNX Runtime's own in 32 bits differs in the last one. */
export const exponential = (g: GraphBuilder, x: Wire): Wire => g.cast(g.exp(g.cast(x, 'float64')), 'float32');

/**
 * `BoxCoder.decode`.
 *
 * @param deltas of boxes in the last axis @param references of the same shape, or broadcast to it
 * @param clip whether log ratios are held from below, too
 */
export function decodedBoxes(
  g: GraphBuilder,
  deltas: Wire,
  references: Wire,
  weights: BoxWeights,
  clip: RatioClip = 'above',
): Wire {
  const [x1, y1, x2, y2] = g.columns(references, 4);
  const axis = (delta: Wire, logRatio: Wire, from: Wire, to: Wire, weight: number, ratioWeight: number) => {
    const side = g.sub(to, from);
    const center = g.add(g.mul(g.div(delta, weight), side), g.add(from, g.mul(side, 0.5)));
    const below = g.min(g.div(logRatio, ratioWeight), MAX_LOG_RATIO);
    const ratio = exponential(g, clip === 'both' ? g.max(below, -MAX_LOG_RATIO) : below);
    const half = g.mul(g.mul(ratio, side), 0.5);
    return [g.sub(center, half), g.add(center, half)];
  };
  const [dx, dy, dw, dh] = g.columns(deltas, 4);
  const [left, right] = axis(dx, dw, x1, x2, weights[0], weights[2]);
  const [top, bottom] = axis(dy, dh, y1, y2, weights[1], weights[3]);
  return g.concat([left, top, right, bottom], -1);
}

/** The anchors of a level. */
export interface AnchorLevel {
  readonly anchors: AnchorGenerator;
  readonly level: number;
  /** Pixels from cell to cell, where they are not measured by the grid. */
  readonly stride: number | undefined;
}

/** The levels of a network's anchors. @param strides its own, of each */
export function anchorLevels(config: AnchorConfig, strides: readonly number[]): AnchorLevel[] {
  const anchors = AnchorGenerator.of(config, strides);
  const { measured_strides = true } = config;
  return strides.map((stride, level) => ({ anchors, level, stride: measured_strides ? undefined : stride }));
}

/** `AnchorGenerator.anchorsAt`: `[B, 4]` at rows in the order (y, x, anchor). */
export function anchorsAt(
  g: GraphBuilder,
  { anchors, level, stride }: AnchorLevel,
  grid: SizeWires,
  padded: SizeWires,
  rows: Wire,
): Wire {
  const base = anchors.baseAnchors[level];
  const perLocation = base.length / 4;
  const cells = g.div(rows, perLocation);
  const [column, row] = [g.mod(cells, grid.width), g.div(cells, grid.width)];
  const x = g.mul(column, stride ?? g.div(padded.width, grid.width));
  const y = g.mul(row, stride ?? g.div(padded.height, grid.height));
  const corners = g.unsqueeze(g.cast(g.concat([g.unsqueeze(x, 1), g.unsqueeze(y, 1)], 1), 'float32'), 1);
  const own = g.gather(g.constant([...base], 'float32', [perLocation, 2, 2]), g.mod(rows, perLocation));
  return g.reshape(g.add(corners, own), -1, 4);
}

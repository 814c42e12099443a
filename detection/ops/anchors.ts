/**
 * Anchors: the reference boxes of a region proposal network (Ren et al. 2015, section 3.1.1), one set of sizes and
 * aspect ratios per level of the feature pyramid. Equal to `torchvision/models/detection/anchor_utils.py`.
 *
 * Shapes: L levels, A anchors per location (sizes × ratios), H×W the grid of a level. Anchors of a level are rows of
 * boxes in the order (y, x, anchor), which is also the order of RPN outputs [H, W, A] and [H, W, A, 4].
 */
import { roundHalfEven } from '../../datasets/images/round-half-even.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { Boxes, ImageSize } from './boxes.ts';

const { fround } = Math;

/** The anchors of one location, centered on the origin, ratio by ratio and size by size: [A, 4]. */
function baseAnchors(
  sizes: readonly number[],
  aspectRatios: readonly number[],
  round: (side: number) => number,
): Boxes {
  const boxes: number[] = [];
  for (const ratio of aspectRatios) {
    const heightFactor = fround(Math.sqrt(fround(ratio)));
    const widthFactor = fround(1 / heightFactor);
    for (const size of sizes) {
      const halfWidth = round(fround(widthFactor * fround(size)) / 2);
      const halfHeight = round(fround(heightFactor * fround(size)) / 2);
      boxes.push(-halfWidth, -halfHeight, halfWidth, halfHeight);
    }
  }
  return Float32Array.from(boxes);
}

const isNested = (list: readonly number[] | readonly (readonly number[])[]): list is readonly (readonly number[])[] =>
  Array.isArray(list[0]);

/** What of a configuration decides about anchors. */
export interface AnchorConfig {
  readonly anchor_sizes: readonly (readonly number[])[];
  readonly aspect_ratios: readonly number[];
  readonly anchor_rounding?: boolean | undefined;
  readonly measured_strides?: boolean | undefined;
}

/** How anchors differ from torchvision's. */
export interface AnchorOptions {
  /** Whether half sides are rounded to whole pixels; true by default. */
  readonly rounding?: boolean | undefined;
  /** Of each level, in pixels; by default they are measured by the grid. */
  readonly strides?: readonly number[] | undefined;
}

export class AnchorGenerator {
  /** Per level, the anchors of one location around the origin: [A, 4]. */
  readonly baseAnchors: readonly Boxes[];
  readonly #strides: readonly number[] | undefined;

  /**
   * @param sizes Side lengths in pixels, a list per level; a flat list means one size per level.
   * @param aspectRatios Height / width, a list per level; a flat list serves every level.
   */
  constructor(
    sizes: readonly number[] | readonly (readonly number[])[],
    aspectRatios: readonly number[] | readonly (readonly number[])[],
    { rounding = true, strides }: AnchorOptions = {},
  ) {
    const sizesOf = isNested(sizes) ? sizes : sizes.map((size) => [size]);
    const ratiosOf = isNested(aspectRatios) ? aspectRatios : sizesOf.map(() => aspectRatios);
    if (sizesOf.length === 0 || sizesOf.length !== ratiosOf.length) {
      throw new ResnetCocoError(
        'BAD_CONFIG',
        `anchor_sizes has ${sizesOf.length} levels and aspect_ratios ${ratiosOf.length}: give one list per level for both`,
      );
    }
    for (const [field, lists] of [
      ['anchor_sizes', sizesOf],
      ['aspect_ratios', ratiosOf],
    ] as const) {
      const bad = lists.find((list) => !list.length || !list.every((value) => value > 0 && Number.isFinite(value)));
      if (bad) throw new ResnetCocoError('BAD_CONFIG', `${field} holds ${JSON.stringify(bad)}: give positive numbers`);
    }
    const round = rounding ? roundHalfEven : (side: number) => side;
    this.baseAnchors = sizesOf.map((levelSizes, level) => baseAnchors(levelSizes, ratiosOf[level], round));
    this.#strides = strides;
  }

  /** As a configuration has them. @param strides the network's own, of each level */
  static of(config: AnchorConfig, strides: readonly number[]): AnchorGenerator {
    const { anchor_rounding, anchor_sizes, aspect_ratios, measured_strides = true } = config;
    return new AnchorGenerator(anchor_sizes, aspect_ratios, {
      rounding: anchor_rounding,
      strides: measured_strides ? undefined : strides,
    });
  }

  /** Per level, the number A of anchors at each location. */
  get anchorsPerLocation(): number[] {
    return this.baseAnchors.map((boxes) => boxes.length >> 2);
  }

  /**
   * The anchors of some rows of a level.
   * @param grid The level's height and width in cells.
   * @param padded The size of the padded batch, in pixels; the stride is padded / grid, rounded down, for each axis,
   *   unless strides are given.
   * @param rows Rows in the order (y, x, anchor), 0 ≤ row < H·W·A.
   * @returns [rows, 4]
   */
  anchorsAt(level: number, grid: ImageSize, padded: ImageSize, rows: Int32Array): Boxes {
    const base = this.baseAnchors[level];
    const perLocation = base.length >> 2;
    const strideX = this.#strides?.[level] ?? Math.floor(padded.width / grid.width);
    const strideY = this.#strides?.[level] ?? Math.floor(padded.height / grid.height);
    const out = new Float32Array(rows.length * 4);
    for (let i = 0; i < rows.length; i++) {
      const cell = Math.floor(rows[i] / perLocation);
      const b = (rows[i] - cell * perLocation) * 4;
      const row = Math.floor(cell / grid.width);
      const x = (cell - row * grid.width) * strideX;
      const y = row * strideY;
      out[i * 4] = x + base[b];
      out[i * 4 + 1] = y + base[b + 1];
      out[i * 4 + 2] = x + base[b + 2];
      out[i * 4 + 3] = y + base[b + 3];
    }
    return out;
  }

  /** All anchors of all levels, one level after the other: [ΣL H·W·A, 4]. They are the same for every image of a batch. */
  gridAnchors(grids: readonly ImageSize[], padded: ImageSize): Boxes {
    const counts = this.baseAnchors.map((base, level) => grids[level].height * grids[level].width * (base.length >> 2));
    const out = new Float32Array(4 * counts.reduce((total, count) => total + count, 0));
    let offset = 0;
    for (const [level, count] of counts.entries()) {
      const rows = Int32Array.from({ length: count }, (_, row) => row);
      out.set(this.anchorsAt(level, grids[level], padded, rows), offset);
      offset += count * 4;
    }
    return out;
  }
}

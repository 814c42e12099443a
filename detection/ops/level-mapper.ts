/**
 * Which level of the feature pyramid each region is pooled from (Lin et al. 2017, equation 1):
 * k = ⌊4 + log2(√area / 224)⌋, held within the levels there are. Equal to `torchvision/ops/poolers.py`.
 *
 * Shapes: R regions over all images, L levels.
 */
import { type Boxes, boxAreas, type ImageSize } from './boxes.ts';
import type { ImageList } from './image-list.ts';

const { fround } = Math;

export const CANONICAL_SCALE = 224;
export const CANONICAL_LEVEL = 4;
/** Keeps exact powers of two on their level. */
export const LEVEL_MARGIN = 1e-6;

export class LevelMapper {
  /** The pyramid level of the finest map: 2 for stride 4. */
  readonly kMin: number;
  /** The pyramid level of the coarsest map: 5 for stride 32. */
  readonly kMax: number;

  /** @param scales Size of each map relative to the image, finest first: [1/4, 1/8, 1/16, 1/32]. */
  constructor(scales: readonly number[]) {
    this.kMin = Math.trunc(-Math.log2(scales[0]));
    this.kMax = Math.trunc(-Math.log2(scales[scales.length - 1]));
  }

  /** The level of each box, counted from the finest map: [R]. Boxes without area, and NaN boxes, go to level 0. */
  levelsOf(boxes: Boxes): Int32Array {
    const areas = boxAreas(boxes);
    const levels = new Int32Array(areas.length);
    for (let i = 0; i < areas.length; i++) {
      const ratio = fround(fround(Math.sqrt(areas[i])) / CANONICAL_SCALE);
      // The margin of 1e-6 keeps exact powers of two on their level despite rounding.
      const level = Math.floor(fround(fround(CANONICAL_LEVEL + fround(Math.log2(ratio))) + fround(LEVEL_MARGIN)));
      levels[i] = level > this.kMin ? Math.min(level, this.kMax) - this.kMin : 0;
    }
    return levels;
  }
}

/**
 * The scale of each map as the power of two nearest to height of map / height of image, which is how torchvision finds
 * it. Images are taken without their padding, so a very low image (below about 45 pixels) gives other powers than the
 * network's strides.
 * @param features Size of each map @param images Size of each image in the batch
 */
export function inferScales(features: readonly ImageSize[], images: readonly ImageSize[]): number[] {
  const height = Math.max(...images.map((image) => image.height));
  return features.map((feature) => 2 ** Math.round(Math.log2(feature.height / height)));
}

/** Regions sorted by level, ready for pooling level by level. */
export interface RegionsByLevel {
  /** Per level, regions [r, 5] as rows [image, x1, y1, x2, y2]; r may be 0. */
  readonly levels: readonly Float32Array[];
  /** [R]: pooled row i, counting through the levels, belongs to region `order[i]`. */
  readonly order: Int32Array;
  /** [R]: region i is found in pooled row `rank[i]`; gathering pooled rows by it restores the regions' order. */
  readonly rank: Int32Array;
}

/** @param boxes Regions of each image: N × [r, 4]. Within a level they stay in their order. */
export function groupByLevel(boxes: readonly Boxes[], mapper: LevelMapper): RegionsByLevel {
  const levelOf = boxes.map((rows) => mapper.levelsOf(rows));
  const counts = new Int32Array(mapper.kMax - mapper.kMin + 1);
  for (const ids of levelOf) for (const level of ids) counts[level]++;
  const levels = Array.from(counts, (count) => new Float32Array(count * 5));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const order = new Int32Array(total);
  const rank = new Int32Array(total);

  const firstOf = counts.map((_, level) => counts.subarray(0, level).reduce((sum, count) => sum + count, 0));
  const filled = new Int32Array(counts.length);
  let region = 0;
  for (const [image, ids] of levelOf.entries()) {
    for (let i = 0; i < ids.length; i++, region++) {
      const level = ids[i];
      const place = filled[level]++;
      levels[level][place * 5] = image;
      levels[level].set(boxes[image].subarray(i * 4, i * 4 + 4), place * 5 + 1);
      order[firstOf[level] + place] = region;
      rank[region] = firstOf[level] + place;
    }
  }
  return { levels, order, rank };
}

/**
 * Boxes of each image sorted by the level that they are pooled from, for a network that pools with 1 / stride.
 *
 * torchvision measures the scale of each level, which for very low images is not 1 / stride. Both are powers of two, so
 * moving the difference into the coordinates is exact.
 *
 * @param measured whether scales are measured so; else they are 1 / stride
 */
export function regionsByLevel(
  boxes: readonly Boxes[],
  strides: readonly number[],
  { padded, sizes }: Pick<ImageList, 'padded' | 'sizes'>,
  measured = true,
): RegionsByLevel {
  if (!measured) {
    return groupByLevel(boxes, new LevelMapper(strides.map((stride) => 1 / stride)));
  }
  const cells = strides.map((stride) => ({
    height: Math.ceil(padded.height / stride),
    width: Math.ceil(padded.width / stride),
  }));
  const scales = inferScales(cells, sizes);
  const regions = groupByLevel(boxes, new LevelMapper(scales));
  regions.levels.forEach((rows, level) => {
    const factor = scales[level] * strides[level];
    if (factor === 1) return;
    for (let i = 0; i < rows.length; i++) if (i % 5) rows[i] *= factor;
  });
  return regions;
}

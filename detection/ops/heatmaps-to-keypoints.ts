// K joints, S × S heatmap of each, h × w pixels of the box.
import type { ImageSize } from './boxes.ts';

/** Heatmaps of one person, `[K, S, S]`, and the box that they fill, in pixels. */
export interface BoxHeatmaps {
  readonly heatmaps: Float32Array;
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
}

/** Where a joint is, in pixels, and how sure that is: by default the logit of its heatmap there. */
export interface Joint {
  readonly x: number;
  readonly y: number;
  readonly score: number;
}

/** What a joint's score is: a logit, or the share of the heatmap's softmax, as Detectron2 has it. */
export type JointScore = 'logit' | 'probability';

/** The sharpness of torch's bicubic interpolation. */
export const CUBIC_SHARPNESS = -0.75;
const A = CUBIC_SHARPNESS;

/**
 * Resizes each heatmap to its box and takes the highest pixel: torchvision's `heatmaps_to_keypoints` (`keypoint_rcnn` in
 * `roi_heads.py`), after Detectron. Only as many rows are held as a row of the result needs.
 *
 * @param side S
 */
export function heatmapsToKeypoints(
  { box: [x1, y1, x2, y2], heatmaps }: BoxHeatmaps,
  side: number,
  score: JointScore = 'logit',
): Joint[] {
  const [boxWidth, boxHeight] = [Math.max(Math.fround(x2 - x1), 1), Math.max(Math.fround(y2 - y1), 1)];
  const [width, height] = [Math.ceil(boxWidth), Math.ceil(boxHeight)];
  const [toX, toY] = [Math.fround(boxWidth / width), Math.fround(boxHeight / height)];
  const [columns, rows] = [cubicTaps(side, width), cubicTaps(side, height)];
  const size = side * side;
  const wide = new Float32Array(side * width);
  return Array.from({ length: heatmaps.length / size }, (_, joint) => {
    const heatmap = heatmaps.subarray(joint * size, (joint + 1) * size);
    stretchRows(heatmap, side, columns, wide);
    let [best, bestX, bestY] = [Number.NEGATIVE_INFINITY, 0, 0];
    for (let y = 0; y < height; y++) {
      const [a, b, c, d] = [0, 1, 2, 3].map((tap) => rows.places[4 * y + tap] * width);
      const [ofA, ofB, ofC, ofD] = rows.shares.subarray(4 * y, 4 * y + 4);
      for (let x = 0; x < width; x++) {
        const value = Math.fround(ofA * wide[a + x] + ofB * wide[b + x] + ofC * wide[c + x] + ofD * wide[d + x]);
        if (value > best) [best, bestX, bestY] = [value, x, y];
      }
    }
    return {
      x: Math.fround(Math.fround((bestX + 0.5) * toX) + x1),
      y: Math.fround(Math.fround((bestY + 0.5) * toY) + y1),
      score: score === 'logit' ? best : shareOf(best, heatmap),
    };
  });
}

/** 1 by the sum of the softmax's powers at the heatmap's own size, so that sizes of boxes do not matter. */
const shareOf = (best: number, heatmap: Float32Array): number =>
  1 / heatmap.reduce((sum, logit) => sum + Math.exp(logit - best), 0);

/** Joints of an image that was resized, in pixels of the original: torchvision's `resize_keypoints`. */
export function resizeJoints(joints: readonly Joint[], resized: ImageSize, original: ImageSize): Joint[] {
  const [byX, byY] = [Math.fround(original.width / resized.width), Math.fround(original.height / resized.height)];
  return joints.map(({ score, x, y }) => ({ x: Math.fround(x * byX), y: Math.fround(y * byY), score }));
}

interface CubicTaps {
  /** Four places for each pixel of the result, those beyond the edge on it. */
  readonly places: Int32Array;
  readonly shares: Float32Array;
}

/** Bicubic interpolation of a side, `align_corners=False`, as torch's `upsample_bicubic2d`. */
function cubicTaps(side: number, size: number): CubicTaps {
  const [places, shares] = [new Int32Array(4 * size), new Float32Array(4 * size)];
  const scale = Math.fround(side / size);
  for (let pixel = 0; pixel < size; pixel++) {
    const place = Math.fround(Math.fround(scale * (pixel + 0.5)) - 0.5);
    const first = Math.floor(place);
    const t = Math.fround(place - first);
    shares.set([outer(t + 1), inner(t), inner(1 - t), outer(2 - t)], 4 * pixel);
    for (let tap = 0; tap < 4; tap++) places[4 * pixel + tap] = Math.min(Math.max(first - 1 + tap, 0), side - 1);
  }
  return { places, shares };
}

/** Keys' cubic kernel at a distance up to 1, and from 1 to 2. */
const inner = (x: number): number => ((A + 2) * x - (A + 3)) * x * x + 1;
const outer = (x: number): number => ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;

/** `[S, S]` to `[S, w]`. */
function stretchRows(map: Float32Array, side: number, { places, shares }: CubicTaps, wide: Float32Array): void {
  const width = shares.length / 4;
  for (let x = 0; x < width; x++) {
    const [a, b, c, d] = places.subarray(4 * x, 4 * x + 4);
    const [ofA, ofB, ofC, ofD] = shares.subarray(4 * x, 4 * x + 4);
    for (let row = 0; row < side; row++) {
      const from = row * side;
      wide[row * width + x] = ofA * map[from + a] + ofB * map[from + b] + ofC * map[from + c] + ofD * map[from + d];
    }
  }
}

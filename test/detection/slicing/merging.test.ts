import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkSlicing, tilesOf } from '../../../datasets/images/tiles.ts';
import { seeded } from '../../../datasets/loaders/seeded.ts';
import { placeRle } from '../../../datasets/masks/place-rle.ts';
import { type Rle, rleEncode } from '../../../datasets/masks/rle.ts';
import { DetectedMask } from '../../../detection/results/detected-mask.ts';
import type { Detection } from '../../../detection/results/name-detections.ts';
import type { OverlapMetric } from '../../../detection/slicing/box-overlap.ts';
import { mergeDetections } from '../../../detection/slicing/merge-detections.ts';
import { groupBoxes, type MergeMethod } from '../../../detection/slicing/non-maximum-merging.ts';
import { slicingPlan } from '../../../detection/slicing/slicing-options.ts';
import { fixturesDir } from '../../shared-data.ts';

type Row = readonly [x1: number, y1: number, x2: number, y2: number, score: number, category: number];

/** What SAHI's own code gives; see sliced_merging.py. */
const { grids, sets } = JSON.parse(
  gunzipSync(readFileSync(join(fixturesDir, 'sliced_merging.json.gz'))).toString('utf8'),
) as {
  readonly sets: readonly {
    readonly boxes: readonly Row[];
    readonly cases: readonly {
      readonly settings: readonly [MergeMethod, OverlapMetric, number, boolean];
      readonly merged: readonly Row[];
    }[];
  }[];
  readonly grids: readonly {
    readonly size: readonly [number, number];
    readonly slice: readonly [number, number];
    readonly overlap: number;
    readonly tiles: readonly (readonly number[])[];
  }[];
};

const detectionOf = ([x1, y1, x2, y2, score, category_id]: Row): Detection => ({
  ...{ category_id, score, label: `${category_id}` },
  bbox: [x1, y1, x2 - x1, y2 - y1],
});

const rowOf = ({ bbox: [x, y, width, height], category_id, score }: Detection): Row => [
  ...([x, y, x + width, y + height, score] as const),
  category_id,
];

/** Rows in one order, so that sets are compared. */
const sorted = (rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => {
    const at = a.findIndex((value, i) => value !== b[i]);
    return at < 0 ? 0 : a[at] - b[at];
  });

test('merging and suppression of 200 random sets of boxes equal SAHI, over both metrics, in and across categories', () => {
  assert.is(sets.length, 200);
  let fewer = 0;
  for (const [number, { boxes, cases }] of sets.entries()) {
    for (const { merged, settings } of cases) {
      const [method, metric, threshold, agnostic] = settings;
      const found = mergeDetections(boxes.map(detectionOf), { method, metric, threshold, agnostic });
      assert.equal(sorted(found.map(rowOf)), sorted(merged), `set ${number}, ${settings.join(' ')}`);
      if (found.length < boxes.length) fewer++;
      assert.ok(
        found.every(({ score }, i) => i === 0 || score <= found[i - 1].score),
        'highest score first',
      );
    }
  }
  assert.ok(fewer > 500);
});

test('tiles lie where SAHI puts them', () => {
  assert.ok(grids.length > 40);
  for (const { overlap, size, slice, tiles } of grids) {
    const own = tilesOf({ width: size[0], height: size[1] }, checkSlicing(slice, overlap)).map(
      ({ height, left, top, width }) => [left, top, left + width, top + height],
    );
    assert.equal(own, tiles, JSON.stringify({ size, slice, overlap }));
  }
});

test('of many boxes all over a large image the groups are those that a comparison of all pairs gives', () => {
  const random = seeded(3, 'sample', 0);
  const count = 1500;
  const boxes = new Float32Array(4 * count);
  for (let b = 0; b < boxes.length; b += 4) {
    const isLarge = random.uniform() < 0.02;
    const [width, height] = [0, 0].map(() => (isLarge ? 9000 : 120) * random.uniform() + 3);
    const [x, y] = [random.uniform() * 10_000, random.uniform() * 10_000];
    boxes.set([x, y, x + width, y + height], b);
  }
  const scores = Float32Array.from({ length: count }, () => random.uniform());
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const taken = new Set<number>();
  const expected = new Map<number, number[]>();
  const { fround } = Math;
  for (const row of order) {
    if (taken.has(row)) continue;
    taken.add(row);
    const merged = order.filter((other) => {
      if (taken.has(other)) return false;
      const [a, b] = [4 * row, 4 * other];
      const w = fround(Math.min(boxes[a + 2], boxes[b + 2]) - Math.max(boxes[a], boxes[b]));
      const h = fround(Math.min(boxes[a + 3], boxes[b + 3]) - Math.max(boxes[a + 1], boxes[b + 1]));
      if (w <= 0 || h <= 0) return false;
      const [one, two] = [a, b].map((i) => fround(boxes[i + 2] - boxes[i]) * fround(boxes[i + 3] - boxes[i + 1]));
      return fround(fround(w * h) / Math.min(fround(one), fround(two))) >= fround(0.5);
    });
    for (const other of merged) taken.add(other);
    expected.set(row, merged);
  }
  const groups = groupBoxes({ boxes, scores }, 'greedy-nmm', 'ios', 0.5);
  assert.equal(new Map(groups.map(({ merged, row }) => [row, [...merged]])), expected);
});

test('a merged object has all pixels of its parts, and of each joint the surest', () => {
  const maskOf = (from: number, to: number) => {
    const pixels = new Uint8Array(10 * 20);
    pixels.fill(1, from * 10, to * 10); // columns
    return new DetectedMask(rleEncode(pixels, 10, 20));
  };
  const part = (x: number, width: number, score: number, joints: readonly number[]): Detection => ({
    ...{ category_id: 1, label: 'person', score, bbox: [x, 0, width, 10] },
    mask: maskOf(x, x + width),
    keypoints: joints.map((_, i) => [x + i, i, 1] as const),
    keypoint_scores: joints,
  });
  const settings = { method: 'greedy-nmm', metric: 'ios', threshold: 0.5, agnostic: false } as const;
  const [whole, ...others] = mergeDetections([part(2, 8, 0.9, [3, -1, 2]), part(5, 9, 0.8, [1, 4, 2])], settings);
  assert.is(others.length, 0);
  assert.equal(whole.bbox, [2, 0, 12, 10]);
  assert.is(whole.score, 0.9);
  assert.is(whole.mask?.area, 120);
  assert.equal(whole.keypoints, [
    [2, 0, 1],
    [6, 1, 1],
    [4, 2, 1],
  ]);
  assert.equal(whole.keypoint_scores, [3, 4, 2]);
  const [kept] = mergeDetections([part(2, 8, 0.9, [3, -1, 2]), part(5, 9, 0.8, [1, 4, 2])], {
    ...settings,
    method: 'nms',
  });
  assert.is(kept.mask?.area, 80);
});

test('a mask of a tile lies at its place in the image', () => {
  const random = seeded(4, 'sample', 0);
  for (let trial = 0; trial < 50; trial++) {
    const [height, width] = [1 + random.integer(9), 1 + random.integer(9)];
    const image = { height: height + random.integer(6), width: width + random.integer(6) };
    const [left, top] = [random.integer(image.width - width + 1), random.integer(image.height - height + 1)];
    const pixels = Uint8Array.from({ length: height * width }, () => (random.uniform() < 0.5 ? 1 : 0));
    const placed: Rle = placeRle(rleEncode(pixels, height, width), left, top, image);
    const expected = new Uint8Array(image.height * image.width);
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) expected[(left + x) * image.height + top + y] = pixels[x * height + y];
    }
    assert.equal(placed, rleEncode(expected, image.height, image.width));
  }
  const empty = rleEncode(new Uint8Array(4), 2, 2);
  assert.equal(placeRle(empty, 1, 1, { height: 3, width: 3 }), rleEncode(new Uint8Array(9), 3, 3));
});

test('merging is greedy over the smaller box; low scores are suppressed over the union, as in SAHI', () => {
  const merge = (options: Parameters<typeof slicingPlan>[0], score: number) => {
    const { method, metric } = slicingPlan(options, score).merge;
    return [method, metric];
  };
  assert.equal(merge({}, 0.5), ['greedy-nmm', 'ios']);
  assert.equal(merge({}, 0.05), ['nms', 'iou']);
  assert.equal(merge({ merge: 'nmm' }, 0.05), ['nmm', 'ios']);
  assert.equal(merge({ mergeMetric: 'ios' }, 0.05), ['greedy-nmm', 'ios']);
  for (const mergeThreshold of [0, 1.1, Number.NaN, '1']) {
    assert.throws(() => slicingPlan({ mergeThreshold: mergeThreshold as number }, 0.5), /mergeThreshold must be/);
  }
});

test.run();

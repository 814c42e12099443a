import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Boxes } from '../../../detection/ops/boxes.ts';
import { batchedNms, nms } from '../../../detection/ops/nms.ts';
import { Random } from '../../../io/random.ts';
import { floats, golden, integers, type Packed } from '../golden.ts';
import { iouMatrix } from './iou-matrix.ts';

interface Case extends Record<'boxes' | 'scores' | 'classes' | 'kept', Packed> {
  readonly threshold: number;
}
const expected = golden<{ plain: Case[]; batched: Case[] }>('nms');

test('equals torchvision.ops.nms: ties, identical boxes, an IoU on the threshold, NaN and infinity', () => {
  for (const [i, { boxes, scores, threshold, kept }] of expected.plain.entries()) {
    assert.equal([...nms(floats(boxes), floats(scores), threshold)], [...integers(kept)], `case ${i}`);
  }
});

test('equals torchvision.ops.batched_nms: few boxes, many boxes, pairs that only rounding decides', () => {
  for (const [i, { boxes, scores, classes, threshold, kept }] of expected.batched.entries()) {
    const rows = batchedNms(floats(boxes), floats(scores), integers(classes), threshold);
    assert.equal([...rows], [...integers(kept)], `case ${i}`);
  }
});

/** The definition, with the whole matrix of overlaps. */
function slowNms(boxes: Boxes, scores: Float32Array, threshold: number): number[] {
  const ious = iouMatrix(boxes, boxes);
  const kept: number[] = [];
  for (const i of [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b)) {
    if (kept.every((k) => ious[k * scores.length + i] <= threshold)) kept.push(i);
  }
  return kept;
}

function randomBoxes(random: Random, count: number, extent: number): Boxes {
  const boxes = new Float32Array(count * 4);
  for (let b = 0; b < boxes.length; b += 4) {
    const [x, y] = [random.uniform(0, extent), random.uniform(0, extent)];
    boxes.set([x, y, x + random.uniform(1, 60), y + random.uniform(1, 60)], b);
  }
  return boxes;
}

test('equals the quadratic definition on random boxes, and stopping early gives its head', () => {
  const random = new Random(5);
  for (const count of [1, 7, 300, 1300]) {
    for (const threshold of [0, 0.3, 0.7, 1]) {
      const boxes = randomBoxes(random, count, 150);
      const scores = Float32Array.from({ length: count }, () => random.integer(count) / count);
      const slow = slowNms(boxes, scores, threshold);
      assert.equal([...nms(boxes, scores, threshold)], slow);
      assert.equal([...nms(boxes, scores, threshold, 5)], slow.slice(0, 5));
    }
  }
});

test('classes never meet: suppression over all of them is that of each', () => {
  const random = new Random(6);
  const count = 1200;
  const boxes = randomBoxes(random, count, 100);
  const scores = Float32Array.from(random.permutation(count), (rank) => rank / count);
  const classes = Int32Array.from({ length: count }, () => random.integer(4) * 3);
  const each: number[] = [];
  for (const id of [0, 3, 6, 9]) {
    const rows = [...classes.keys()].filter((row) => classes[row] === id);
    const own = Float32Array.from(rows.flatMap((row) => [...boxes.subarray(row * 4, row * 4 + 4)]));
    each.push(
      ...slowNms(
        own,
        Float32Array.from(rows, (row) => scores[row]),
        0.5,
      ).map((i) => rows[i]),
    );
  }
  const all = batchedNms(boxes, scores, classes, 0.5);
  assert.equal(
    [...all],
    each.sort((a, b) => scores[b] - scores[a]),
  );
  assert.equal([...batchedNms(boxes, scores, classes, 0.5, 40)], [...all.subarray(0, 40)]);
});

test('no boxes, and none wanted', () => {
  const none = new Float32Array(0);
  assert.is(nms(none, none, 0.5).length, 0);
  assert.is(batchedNms(none, none, new Int32Array(0), 0.5).length, 0);
  assert.is(nms(Float32Array.of(0, 0, 1, 1), Float32Array.of(1), 0.5, 0).length, 0);
});

test.run();

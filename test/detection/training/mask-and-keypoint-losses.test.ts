import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keypointLoss, keypointTarget } from '../../../detection/training/losses/keypoint-loss.ts';
import { maskLoss, maskTarget } from '../../../detection/training/losses/mask-loss.ts';
import { projectRoot } from '../../shared-data.ts';

interface Expected {
  readonly height: number;
  readonly width: number;
  readonly mask_training: {
    rois: number[][];
    matched: number[];
    classes: number;
    side: number;
    targets: number[][][];
    loss: number;
    gradient: number[];
  };
  readonly keypoint_training: {
    truth: number[][][];
    joints: number;
    cells: number[][];
    loss: number;
    gradient: number[];
  };
}
const {
  height,
  keypoint_training: ofKeypoints,
  mask_training: ofMasks,
  width,
}: Expected = JSON.parse(readFileSync(join(projectRoot, 'test/fixtures/masks_and_keypoints.json'), 'utf8'));
const { matched, rois, side } = ofMasks;

/** What the fixture's script calls waves. */
const waves = (count: number, phase: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const value = 0.5 + 0.25 * Math.sin(0.37 * i + phase) + 0.25 * Math.sin(0.011 * i * (1 + phase));
    return Math.floor(value * 4096) / 4096;
  });

const disc = (i: number) => ({
  left: 0,
  top: 0,
  height,
  width,
  data: Uint8Array.from({ length: height * width }, (_, pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return (x - 30 - 10 * i) ** 2 + (y - 40) ** 2 < (12 + 9 * i) ** 2 ? 1 : 0;
  }),
});

function near(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.is(actual.length, expected.length, what);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) < 2e-6, `${what} ${i}: ${actual[i]}, not ${expected[i]}`);
  }
}

test('masks are cut to boxes as by torchvision, and their loss and gradient are its', () => {
  const targets = rois.map((roi, i) => maskTarget(disc(matched[i]), Float32Array.from(roi), side, { height, width }));
  for (const [i, target] of targets.entries()) near(target, ofMasks.targets[i].flat(), `target ${i}`);
  const logits = waves(rois.length * side * side * ofMasks.classes, 3).map((value) => value * 6 - 3);
  const { gradient, mask } = maskLoss(
    logits,
    Int32Array.from(matched, (object) => object + 1),
    targets,
  );
  near([mask], [ofMasks.loss], 'loss');
  near(gradient, ofMasks.gradient, 'gradient');
});

test('joints fall into cells as by torchvision, and their loss and gradient are its', () => {
  const { cells, joints, loss, truth } = ofKeypoints;
  const targets = rois.map((roi, i) => keypointTarget(truth[matched[i]].flat(), Float32Array.from(roi), side));
  assert.equal(
    targets.map((target) => [...target]),
    cells,
  );
  const logits = waves(rois.length * side * side * joints, 5).map((value) => value * 6 - 3);
  const { gradient, keypoints } = keypointLoss(logits, targets);
  near([keypoints], [loss], 'loss');
  near(gradient, ofKeypoints.gradient, 'gradient');
});

test('without samples both losses are 0', () => {
  assert.equal(maskLoss(new Float32Array(0), new Int32Array(0), []), { mask: 0, gradient: new Float32Array(0) });
  assert.equal(keypointLoss(new Float32Array(12), [Int32Array.of(-1, -1, -1)]).keypoints, 0);
});

test.run();

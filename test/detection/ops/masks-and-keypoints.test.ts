import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rleDecode } from '../../../datasets/masks/rle.ts';
import { heatmapsToKeypoints } from '../../../detection/ops/heatmaps-to-keypoints.ts';
import { pasteMask } from '../../../detection/ops/paste-masks.ts';
import { projectRoot } from '../../shared-data.ts';

type Box = readonly [number, number, number, number];
interface Expected {
  readonly height: number;
  readonly width: number;
  readonly masks: readonly { side: number; phase: number; box: Box; counts: number[] }[];
  readonly keypoints: readonly {
    side: number;
    joints: number;
    phase: number;
    box: Box;
    found: [number, number][];
    scores: number[];
  }[];
}
const expected: Expected = JSON.parse(
  readFileSync(join(projectRoot, 'test/fixtures/masks_and_keypoints.json'), 'utf8'),
);

/** What the fixture's script calls waves. */
const waves = (count: number, phase: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const value = 0.5 + 0.25 * Math.sin(0.37 * i + phase) + 0.25 * Math.sin(0.011 * i * (1 + phase));
    return Math.floor(value * 4096) / 4096;
  });

test('masks are pasted as by torchvision, wherever the box lies', () => {
  const { height, masks, width } = expected;
  for (const { box, counts, phase, side } of masks) {
    const pasted = rleDecode(pasteMask({ box, probabilities: waves(side * side, phase) }, side, { height, width }));
    const wanted = rleDecode({ height, width, counts: Uint32Array.from(counts) });
    let different = 0;
    for (let i = 0; i < wanted.length; i++) if (wanted[i] !== pasted[i]) different++;
    assert.is(different, 0, `${side}, [${box}]: ${different} pixels differ`);
  }
});

test('the runs of a pasted mask take turns and cover the image', () => {
  const { height, masks, width } = expected;
  for (const { box, phase, side } of masks) {
    const { counts } = pasteMask({ box, probabilities: waves(side * side, phase) }, side, { height, width });
    assert.is(
      counts.reduce((sum, run) => sum + run, 0),
      height * width,
    );
    assert.ok([...counts].every((run, i) => run > 0 || i === 0 || i === counts.length - 1));
  }
});

test('joints are found as by torchvision', () => {
  for (const { box, found, joints, phase, scores, side } of expected.keypoints) {
    const heatmaps = waves(joints * side * side, phase).map((value) => value * 8 - 4);
    const all = heatmapsToKeypoints({ box, heatmaps }, side);
    assert.is(all.length, joints);
    for (const [i, { score, x, y }] of all.entries()) {
      assert.ok(Math.abs(score - scores[i]) < 1e-4, `[${box}] ${i}: ${score}, not ${scores[i]}`);
      assert.ok(Math.hypot(x - found[i][0], y - found[i][1]) < 1e-3, `[${box}] ${i}: ${x}, ${y}, not ${found[i]}`);
    }
  }
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTrainingSettings } from '../../../detection/index.ts';
import { sampleBalanced } from '../../../detection/ops/sampler.ts';
import { smoothL1, smoothL1Slope } from '../../../detection/ops/smooth-l1.ts';
import { roiLoss } from '../../../detection/training/losses/roi-loss.ts';
import { rpnLoss, rpnTargets } from '../../../detection/training/losses/rpn-loss.ts';
import { roiTargets } from '../../../detection/training/roi-targets.ts';
import { Random } from '../../../io/random.ts';

const random = new Random(2);
const settings = parseTrainingSettings({}, 'test');
const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
const all = (labels: Int32Array) => sampleBalanced(labels, { batchSizePerImage: 1000, positiveFraction: 1 }, random);

/** Whether moving each number by a little moves the value as the gradient says. */
function assertSlopes(numbers: Float32Array, gradient: Float32Array, value: () => number, what: string): void {
  const step = 2 ** -7;
  for (let i = 0; i < numbers.length; i++) {
    const before = numbers[i];
    numbers[i] = before + step;
    const above = value();
    numbers[i] = before - step;
    const slope = (above - value()) / (2 * step);
    numbers[i] = before;
    assert.ok(Math.abs(gradient[i] - slope) < 2e-4, `${what}[${i}]: ${gradient[i]}, not ${slope}`);
  }
}

test('smooth L1 and its slope meet where they change', () => {
  for (const side of [-1, 1]) {
    const [below, above] = [side * (1 / 9 - 1e-9), side * (1 / 9 + 1e-9)];
    assert.ok(Math.abs(smoothL1(below) - smoothL1(above)) < 1e-8);
    assert.ok(Math.abs(smoothL1Slope(below) - smoothL1Slope(above)) < 1e-7);
    assert.is(smoothL1Slope(side * 5), side);
  }
  assert.is(smoothL1(0), 0);
});

test('gradients of the RPN’s losses are their slopes, over images and levels', () => {
  const levels = [[2, 3], [1, 2]].map(([height, width]) => ({
    height,
    width,
    logits: draw(2 * height * width * 2),
    deltas: draw(2 * height * width * 8),
  })); // biome-ignore format: one line
  const targets = [
    { positive: Int32Array.of(0, 13), negative: Int32Array.of(5, 12, 15), codes: draw(8) },
    { positive: new Int32Array(0), negative: Int32Array.of(1, 14), codes: new Float32Array(0) },
  ];
  const { gradients } = rpnLoss(levels, targets);
  const value = () => {
    const { boxes, objectness } = rpnLoss(levels, targets);
    return boxes + objectness;
  };
  for (const [i, level] of levels.entries()) {
    assertSlopes(level.logits, gradients[i].logits, value, `logits of level ${i}`);
    assertSlopes(level.deltas, gradients[i].deltas, value, `deltas of level ${i}`);
  }
});

test('gradients of the box head’s losses are their slopes', () => {
  const [logits, deltas, codes] = [draw(5 * 4), draw(5 * 16), draw(20)];
  const labels = Int32Array.of(2, 0, 3, 1, 0);
  const { gradients } = roiLoss(logits, deltas, labels, codes);
  const value = () => {
    const { boxes, classifier } = roiLoss(logits, deltas, labels, codes);
    return boxes + classifier;
  };
  assertSlopes(logits, gradients.logits, value, 'logits');
  assertSlopes(deltas, gradients.deltas, value, 'deltas');
});

test('nothing sampled, background alone and scores beyond float32’s exp give finite losses', () => {
  const level = { height: 1, width: 1, logits: Float32Array.of(500, -500), deltas: draw(8) };
  const none = { positive: new Int32Array(0), negative: new Int32Array(0), codes: new Float32Array(0) };
  assert.is(rpnLoss([level], [none]).objectness, 0);
  const negative = rpnLoss([level], [{ ...none, negative: Int32Array.of(0, 1) }]);
  assert.equal([negative.objectness, negative.boxes], [250, 0]);
  assert.equal(
    [...negative.gradients[0].logits].map(Math.round),
    [1, 0].map((x) => Math.round(x / 2)),
  );
  assert.equal(roiLoss(new Float32Array(0), new Float32Array(0), new Int32Array(0), new Float32Array(0)).classifier, 0);
  const background = roiLoss(Float32Array.of(0, 900), draw(8), Int32Array.of(0), new Float32Array(4));
  assert.equal([background.classifier, background.boxes], [900, 0]);
});

test('objects are proposed too, and what matches neither object nor background is not drawn', () => {
  const objects = { boxes: Float32Array.of(10, 10, 30, 30), labels: Int32Array.of(7) };
  const proposals = Float32Array.of(10, 10, 30, 26, 50, 50, 60, 60, 10, 10, 30, 18);
  const between = { ...settings, box_bg_iou_thresh: 0.3, box_fg_iou_thresh: 0.5 };
  const { boxes, codes, labels } = roiTargets(proposals, objects, between, all);
  assert.equal([...labels], [7, 0, 7]);
  assert.equal([...boxes.subarray(8)], [10, 10, 30, 30]);
  assert.equal([...codes.subarray(4)], [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.ok(Math.abs(codes[1] - 10 * (2 / 16)) < 1e-6 && Math.abs(codes[3] - 5 * Math.log(20 / 16)) < 1e-6);
});

test('an image without objects has background alone', () => {
  const nothing = { boxes: new Float32Array(0), labels: new Int32Array(0) };
  const boxes = Float32Array.of(0, 0, 9, 9, 5, 5, 20, 20);
  assert.equal([...roiTargets(boxes, nothing, settings, all).labels], [0, 0]);
  const { codes, negative, positive } = rpnTargets(boxes, nothing.boxes, settings, all);
  assert.equal([positive.length, [...negative], codes.length], [0, [0, 1], 0]);
  assert.is(roiTargets(new Float32Array(0), nothing, settings, all).boxes.length, 0);
});

test.run();

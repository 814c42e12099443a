import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { focalLoss } from '../../../detection/training/losses/focal-loss.ts';
import { type Box, giouLoss } from '../../../detection/training/losses/giou-loss.ts';
import { boxLosses } from '../../../detection/training/losses/retinanet-loss.ts';
import { Random } from '../../../io/random.ts';

const near = (actual: number, expected: number, what: string, tolerance = 1e-6) =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, not ${expected}`,
  );

const focal = (logit: number, isObject: boolean) => {
  const into = { loss: Number.NaN, slope: Number.NaN };
  focalLoss(logit, isObject, into);
  return into;
};

test('the focal loss is α (1 − p)² times the cross-entropy, with its slope, and finite at any logit', () => {
  for (const logit of [-20, -4.6, -1, 0, 0.3, 2, 9]) {
    const p = 1 / (1 + Math.exp(-logit));
    near(focal(logit, true).loss, -0.25 * (1 - p) ** 2 * Math.log(p), `object at ${logit}`);
    near(focal(logit, false).loss, -0.75 * p ** 2 * Math.log1p(-p), `none at ${logit}`);
    for (const isObject of [true, false]) {
      const [above, below] = [1e-4, -1e-4].map((step) => focal(logit + step, isObject).loss);
      near(focal(logit, isObject).slope, (above - below) / 2e-4, `slope at ${logit}`);
    }
  }
  for (const isObject of [true, false]) {
    for (const logit of [-1e4, 1e4]) {
      const { loss, slope } = focal(logit, isObject);
      assert.ok(Number.isFinite(loss) && Number.isFinite(slope), `${logit}: ${loss}, ${slope}`);
    }
  }
  near(focal(-1e4, true).loss, 2500, 'a sure mistake');
});

test('the loss of the generalized IoU is 0 of equal boxes, goes to 2 of far ones, and has the slope that it has', () => {
  const box: Box = [10, 20, 50, 40];
  near(giouLoss(box, box).loss, 0, 'equal');
  near(giouLoss(box, [1e6, 1e6, 1e6 + 1, 1e6 + 1]).loss, 2, 'far', 1e-3);
  // A half: intersection 400, union and hull 800.
  near(giouLoss(box, [10, 20, 30, 40]).loss, 0.5, 'half');
  const random = new Random(4);
  for (let i = 0; i < 50; i++) {
    const draw = (): Box => {
      const [x, y] = [random.uniform(0, 50), random.uniform(0, 50)];
      return [x, y, x + random.uniform(5, 60), y + random.uniform(5, 60)];
    };
    const [a, b] = [draw(), draw()];
    const { gradient } = giouLoss(a, b);
    gradient.forEach((slope, side) => {
      const moved = (by: number) => giouLoss(a.map((value, k) => (k === side ? value + by : value)) as never, b).loss;
      near(slope, (moved(1e-5) - moved(-1e-5)) / 2e-5, `side ${side} of ${a} on ${b}`, 1e-5);
    });
  }
});

test('boxes lose by their deltas; a log ratio that is clamped has no slope', () => {
  const anchor = Float32Array.of(10, 20, 50, 60);
  const object = Float32Array.of(12, 20, 60, 50);
  const none = boxLosses.l1([0.1, -0.125, Math.log(1.2), Math.log(0.75)], anchor, object);
  near(none.loss, Math.abs(0.1 - 0.15) + Math.abs(-0.125 + 0.125), 'l1', 1e-5);
  assert.equal(boxLosses.l1([9, -9, 9, -9], anchor, object).gradient, [1, -1, 1, -1]);
  near(boxLosses.giou([0.15, -0.125, Math.log(1.2), Math.log(0.75)], anchor, object).loss, 0, 'giou', 1e-5);
  const deltas: Box = [0.1, 0.05, 0.2, -0.1];
  boxLosses.giou(deltas, anchor, object).gradient.forEach((slope, i) => {
    const moved = (by: number) =>
      boxLosses.giou(deltas.map((value, k) => (k === i ? value + by : value)) as never, anchor, object).loss;
    near(slope, (moved(1e-3) - moved(-1e-3)) / 2e-3, `delta ${i}`, 1e-3);
  });
  const [, , ofWidth, ofHeight] = boxLosses.giou([0, 0, 9, 0], anchor, object).gradient;
  assert.ok(ofWidth === 0 && ofHeight !== 0);
});

test.run();

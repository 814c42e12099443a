import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shownThreshold, thresholdBetween } from '../../../eval/analysis/score-threshold.ts';

test('the shortest number that keeps one score and leaves out the next', () => {
  for (const [kept, leftOut, threshold] of [
    [0.35, undefined, 0.34],
    [0.55, 0.5, 0.54],
    [0.0879, 0.05, 0.08],
    [0.0879, 0.0871, 0.0878],
    [0.0879, 0.0869, 0.087],
    [0.5, 0.49, 0.49],
    [0.734512, 0.734498, 0.7345],
    [12.5, 3, 12.49],
    [0, undefined, -0.01],
  ] as const) {
    assert.is(thresholdBetween(kept, leftOut), threshold, `${kept}, ${leftOut}`);
  }
  assert.is(thresholdBetween(0.3 + 2 ** -54, 0.3), 0.3, 'neighbors');
});

test('a network has scores in single precision: there, too, the threshold separates', () => {
  for (let n = 1; n < 1000; n++) {
    const kept = Math.fround(n / 1000);
    const leftOut = Math.fround((n - 1) / 1000);
    for (const threshold of [thresholdBetween(kept, leftOut), thresholdBetween(kept)]) {
      assert.ok(threshold < kept && Math.fround(threshold) < kept, `${n}`);
    }
    const threshold = thresholdBetween(kept, leftOut);
    assert.ok(threshold >= leftOut && Math.fround(threshold) >= leftOut, `${n}`);
  }
});

test('what people are told has three decimals and is not higher than the threshold', () => {
  for (let n = 0; n <= 1000; n++) {
    assert.is(shownThreshold(n / 1000), n / 1000);
    assert.is(shownThreshold(n / 1000 + 0.0009), n / 1000);
  }
});

test.run();

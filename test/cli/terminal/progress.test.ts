import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatBytes,
  formatDuration,
  formatEstimate,
  type ProgressState,
  progressBar,
  progressText,
} from '../../../cli/terminal/progress.ts';

const state = (changes: Partial<ProgressState> = {}): ProgressState => ({
  unit: 'images',
  done: 120,
  total: 1000,
  failed: 0,
  seconds: 10,
  ...changes,
});

test('durations', () => {
  const expected: [number, string][] = [
    [0, '0.0 s'],
    [4.24, '4.2 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [65, '1 min 05 s'],
    [3599.6, '1 h 00 min'],
    [7400, '2 h 03 min'],
  ];
  for (const [seconds, text] of expected) assert.is(formatDuration(seconds), text);
});

test('what is still to come takes some time', () => {
  assert.equal([0, 0.001, 0.049, 0.05, 65].map(formatEstimate), [
    ...['under 0.1 s', 'under 0.1 s', 'under 0.1 s', '0.1 s', '1 min 05 s'],
  ]);
});

test('bytes', () => {
  const expected: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [999_960, '1.0 MB'],
    [102_530_333, '103 MB'],
    [2.5e12, '2.5 TB'],
  ];
  for (const [bytes, text] of expected) assert.is(formatBytes(bytes), text);
});

test('amount, rate, time left, failures', () => {
  assert.is(progressText(state()), '120/1000 images, 12.0 images/s, 1 min 13 s left');
  assert.is(progressText(state({ failed: 2 })), '120/1000 images, 12.0 images/s, 1 min 13 s left, 2 failed');
  assert.is(progressText(state({ done: 0, seconds: 0 })), '0/1000 images');
  assert.is(progressText(state({ done: 1, seconds: 400 })).split(', ')[1], '0.0025 images/s');
  assert.is(progressText(state({ done: 1000 })), '1000/1000 images, 100 images/s');
  assert.is(progressText(state({ unit: 'bytes', done: 5e6, total: 20e6 })), '5.0 MB/20.0 MB, 500 kB/s, 30 s left');
  assert.is(progressText(state({ unit: 'bytes', done: 5e6, total: undefined })), '5.0 MB, 500 kB/s');
});

test('a description takes the place of the amount', () => {
  const description = 'epoch 3/90, loss 1.234, top-1 61.2 %';
  assert.is(progressText(state({ description })), `${description}, 12.0 images/s, 1 min 13 s left`);
  assert.match(progressBar(state({ description }), 80, false), /^━+ +epoch 3\/90, .*1 min 13 s left$/);
});

test('what was done before does not count for the rate', () => {
  assert.is(progressText(state({ before: 100 })), '120/1000 images, 2.0 images/s, 7 min 20 s left');
  assert.is(progressText(state({ before: 120 })), '120/1000 images');
});

test('a bar fits every width, filled in proportion', () => {
  for (let width = 1; width < 120; width++) {
    for (const done of [0, 1, 999, 1000, 1001]) {
      assert.ok(progressBar(state({ done }), width, false).length < Math.max(2, width));
    }
  }
  const filled = (done: number, total = 1000) =>
    progressBar(state({ done, total }), 120, false).match(/━/g)?.length ?? 0;
  assert.equal([filled(0), filled(500), filled(1000), filled(0, 0)], [0, 12, 24, 24]);
});

test('colors only where wanted', () => {
  assert.not(progressBar(state(), 100, false).includes('\x1b'));
  assert.ok(progressBar(state(), 100, true).includes('\x1b[36m'));
});

test.run();

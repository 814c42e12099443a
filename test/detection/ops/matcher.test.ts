import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BELOW_LOW_THRESHOLD, BETWEEN_THRESHOLDS, matchBoxes } from '../../../detection/ops/matcher.ts';
import { floats, golden, integers, type Packed } from '../golden.ts';
import { iouMatrix } from './iou-matrix.ts';

interface Case extends Record<'objects' | 'boxes' | 'matches', Packed> {
  readonly high: number;
  readonly low: number;
  readonly allow: boolean;
}
const cases = golden<Case[]>('matcher').map(({ high, low, allow, ...arrays }) => ({
  options: { highThreshold: high, lowThreshold: low, allowLowQualityMatches: allow },
  objects: floats(arrays.objects),
  boxes: floats(arrays.boxes),
  expected: integers(arrays.matches),
}));

test('matches equal torchvision, with ties, repeated objects and an object that nothing touches', () => {
  for (const [i, { objects, boxes, options, expected }] of cases.entries()) {
    assert.equal([...matchBoxes(objects, boxes, options)], [...expected], `case ${i}`);
  }
});

test('every label says what it means of the IoU', () => {
  for (const { objects, boxes, options } of cases) {
    const strict = { ...options, allowLowQualityMatches: false };
    const ious = iouMatrix(boxes, objects);
    const count = objects.length / 4;
    for (const [i, match] of matchBoxes(objects, boxes, strict).entries()) {
      const best = Math.max(...ious.subarray(i * count, (i + 1) * count));
      if (match === BELOW_LOW_THRESHOLD) assert.ok(best < options.lowThreshold);
      else if (match === BETWEEN_THRESHOLDS) assert.ok(best < options.highThreshold && best >= options.lowThreshold);
      else assert.is(ious[i * count + match], best);
    }
  }
});

test('with low-quality matches every object that is touched has a box', () => {
  const { objects, boxes, options } = cases[2];
  const matches = matchBoxes(objects, boxes, options);
  const ious = iouMatrix(objects, boxes);
  const count = boxes.length / 4;
  for (let object = 0; object < objects.length / 4; object++) {
    const row = [...ious.subarray(object * count, (object + 1) * count)];
    assert.ok(matches[row.indexOf(Math.max(...row))] >= 0);
  }
});

test('without objects all is background, and empty or NaN boxes match nothing', () => {
  const options = { highThreshold: 0.7, lowThreshold: 0.3, allowLowQualityMatches: true };
  const boxes = Float32Array.of(0, 0, 4, 4, 5, 5, 5, 5, Number.NaN, 0, 1, 1);
  assert.equal([...matchBoxes(new Float32Array(0), boxes, options)], [-1, -1, -1]);
  assert.equal([...matchBoxes(Float32Array.of(0, 0, 4, 4, 5, 5, 5, 5).subarray(0, 4), boxes, options)], [0, -1, -1]);
  assert.is(matchBoxes(boxes, new Float32Array(0), options).length, 0);
});

test.run();

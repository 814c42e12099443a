import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DetectedMask } from '../../../detection/results/detected-mask.ts';
import { detectionRecord } from '../../../detection/results/detection-record.ts';

const box = { category_id: 7, label: 'kite', score: 0.75, bbox: [1, 2, 3, 4] } as const;

test('an object without masks and joints stays as it is', () => {
  assert.equal(detectionRecord(box), box);
});

test("a mask becomes COCO's segmentation, joints a flat list", () => {
  const mask = new DetectedMask({ height: 3, width: 4, counts: Uint32Array.of(1, 2, 9) });
  const record = detectionRecord({
    ...{ ...box, mask },
    keypoints: [
      [5, 6, 1],
      [7.5, 8, 1],
    ],
    keypoint_names: ['head', 'tail'],
    keypoint_scores: [2, -1],
  });
  const segmentation = { size: [3, 4], counts: '129' };
  assert.equal(record, { ...box, segmentation, keypoints: [5, 6, 1, 7.5, 8, 1], keypoint_scores: [2, -1] });
});

test('it needs no Buffer, which browsers do not have', () => {
  const { Buffer: own } = globalThis;
  Reflect.deleteProperty(globalThis, 'Buffer');
  try {
    const mask = new DetectedMask({ height: 100, width: 100, counts: Uint32Array.of(0, 40, 40, 9920) });
    assert.is(detectionRecord({ ...box, mask }).segmentation!.counts, '0X1X1hd9');
  } finally {
    globalThis.Buffer = own;
  }
});

test.run();

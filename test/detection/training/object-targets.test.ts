import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CocoAnnotation, type CocoDataset, detectionFingerprint } from '../../../datasets/index.ts';
import { describeObjects, learnedFields } from '../../../detection/training/object-targets.ts';
import { trainingSamples } from '../../../detection/training/samples.ts';
import type { ResnetCocoError } from '../../../errors.ts';

const box = { image_id: 7, category_id: 1, bbox: [2, 2, 10, 10], area: 100, iscrowd: 0 } as const;
const triangle = [[2, 2, 12, 2, 5, 12]];
const joints = [3, 3, 2, 5, 5, 1];

function samples(annotations: readonly object[], targets?: { masks?: boolean; keypoints?: number }) {
  const dataset: CocoDataset = {
    images: [{ id: 7, file_name: 'a.png', width: 30, height: 20 }],
    categories: [{ id: 1, name: 'thing' }],
    annotations: annotations.map((one, i) => ({ ...box, id: 10 + i, ...one }) as CocoAnnotation),
  };
  const images = { dataset, files: new Map([[7, '/data/a.png']]) };
  return trainingSamples(images, { categories: [{ id: 1, name: 'thing' }] }, targets);
}

const objects = [
  { segmentation: triangle, keypoints: joints },
  { iscrowd: 1, segmentation: { size: [20, 30], counts: [0, 600] } },
  {},
  { bbox: [50, 2, 10, 10], segmentation: triangle },
  { segmentation: [[1, 1, 2, 2]], keypoints: [0, 0, 0, 0, 0, 0] },
  { segmentation: { size: [20, 30], counts: [40, 3, 557] }, keypoints: [] },
];

test('targets go with the objects that are trained on, and only where they are asked for', () => {
  const [plain] = samples(objects);
  assert.equal(Object.keys(plain), ['file', 'width', 'height', 'boxes', 'labels']);
  const [{ keypoints, segmentations, ...rest }] = samples(objects, { masks: true, keypoints: 2 });
  assert.equal(rest, plain);
  assert.equal(segmentations, [triangle, undefined, undefined, objects[5].segmentation]);
  assert.equal(keypoints, [joints, undefined, undefined, undefined]);
  assert.not('keypoints' in samples(objects, { masks: true })[0]);
  assert.not('segmentations' in samples(objects, { keypoints: 2, masks: false })[0]);
});

test('objects without a mask or keypoints are counted', () => {
  const crowds = [{ iscrowd: 1 }, { iscrowd: 0 }] as const;
  assert.is(describeObjects(samples(objects), []), '4 objects');
  assert.is(describeObjects(samples(objects), crowds), '4 objects, 1 crowd left out');
  assert.is(
    describeObjects(samples(objects, { masks: true, keypoints: 2 }), [...crowds, ...crowds]),
    '4 objects, 2 without a mask, 3 without keypoints, 2 crowds left out',
  );
  const many = Array.from({ length: 1203 }, (_, i) => (i < 17 ? {} : { segmentation: triangle }));
  assert.is(describeObjects(samples(many, { masks: true }), []), '1,203 objects, 17 without a mask');
});

test('a run is known again by the masks and keypoints that it learns, by no others', async () => {
  const digest = async (targets: { masks?: boolean; keypoints?: number }, change: object = {}) => {
    const list = samples(objects, targets);
    const annotations = objects.map((one, i) => ({ ...box, id: i, ...one, ...change }) as CocoAnnotation);
    return (await detectionFingerprint({ images: [], categories: [], annotations }, new Map(), learnedFields(list)))
      .labels;
  };
  const [moved, turned] = [{ keypoints: [4, 3, 2, 5, 5, 1] }, { segmentation: [[2, 2, 12, 2, 5, 13]] }];
  for (const [targets, ...known] of [
    [{}, false, false],
    [{ masks: true }, false, true],
    [{ keypoints: 2 }, true, false],
    [{ masks: true, keypoints: 2 }, true, true],
  ] as const) {
    const before = await digest(targets);
    assert.is(await digest(targets), before);
    assert.equal([(await digest(targets, moved)) !== before, (await digest(targets, turned)) !== before], known);
  }
});

test('a malformed mask or another number of keypoints is refused, by the annotation', () => {
  const refused = (object: object, pattern: RegExp) =>
    assert.throws(
      () => samples([{}, object], { masks: true, keypoints: 2 }),
      (error: ResnetCocoError) => error.code === 'BAD_DATASET' && pattern.test(error.message),
      String(pattern),
    );
  refused({ keypoints: [1, 1, 2] }, /annotation 11 of image 7: keypoints are 3 numbers; expected .* of 2 keypoints, 6/);
  refused(
    { segmentation: { size: [30, 20], counts: [600] } },
    /annotation 11 of image 7: segmentation: size is 30 × 20/,
  );
  refused({ segmentation: { size: [20, 30], counts: 'zz' } }, /annotation 11 of image 7: segmentation: counts: /);
  // What is not trained on is not looked at.
  assert.is(samples([{}, { iscrowd: 1, keypoints: [1, 1, 2] }], { keypoints: 2 }).length, 1);
  assert.is(samples([{}, { keypoints: [1, 1, 2] }]).length, 1);
});

test.run();

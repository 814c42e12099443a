import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hflipIndices } from '../../../datasets/detection/keypoint-layout.ts';
import {
  type CocoAnnotation,
  type CocoCategory,
  keypointLayout,
  readDetectionDataset,
} from '../../../datasets/index.ts';
import { cocoKeypoints, cocoSkeleton } from '../../../datasets/known/coco-keypoints.ts';
import type { ResnetCocoError } from '../../../errors.ts';

const layout = (categories: readonly unknown[], annotations: readonly unknown[] = []) =>
  keypointLayout({
    categories: categories as readonly CocoCategory[],
    annotations: annotations as readonly CocoAnnotation[],
  });

test("COCO's persons: left and right exchanged in pairs, the nose alone", () => {
  const exchanged = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15];
  assert.equal(hflipIndices(cocoKeypoints), exchanged);
  const person = { id: 1, name: 'person', keypoints: cocoKeypoints, skeleton: cocoSkeleton };
  const expected = { names: cocoKeypoints, skeleton: cocoSkeleton, hflip_indices: exchanged, notes: [] };
  assert.equal(layout([person, { id: 2, name: 'ball' }]), expected);
  // Each line joins what is near on a body: the same side, two halves of a pair, or the nose.
  assert.is(cocoSkeleton.length, 19);
  for (const [a, b] of cocoSkeleton) assert.ok(a >= 1 && b <= 17 && a !== b);
});

test('a file that is read keeps the keypoints and the skeleton of its categories', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keypoint-layout-'));
  try {
    const file = join(folder, 'a.json');
    const category = { id: 3, name: 'stick', keypoints: ['head', 'right_hand', 'left_hand'], skeleton: [[1, 2]] };
    const images = [{ id: 1, file_name: 'a.png', width: 9, height: 9 }];
    writeFileSync(file, JSON.stringify({ images, annotations: [], categories: [category] }));
    const { dataset } = await readDetectionDataset({ annotations: file });
    const expected = { names: category.keypoints, skeleton: [[1, 2]], hflip_indices: [0, 2, 1], notes: [] };
    assert.equal(keypointLayout(dataset), expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('sides are told by words of names, however they are written', () => {
  for (const names of [
    ['left_eye', 'right_eye'],
    ['eye left', 'eye right'],
    ['LeftEye', 'RightEye'],
    ['R-eye', 'L-eye'],
    ['eyeL', 'eyeR'],
    ['LEye', 'REye'],
    ['lefteye', 'righteye'],
    ['front_left_paw', 'front_right_paw'],
    ['hand.l.1', 'hand.r.1'],
  ]) {
    assert.equal(hflipIndices(['top', ...names]), [0, 2, 1], `${names}`);
  }
  for (const names of [
    ['left_eye', 'right_ear'],
    ['upright', 'up'],
    ['lip', 'rim'],
    ['eye', 'Eye'],
  ]) {
    assert.equal(hflipIndices(names), [0, 1], `${names}`);
  }
  const mixed = ['left_a', 'right_b', 'right_a', 'tail', 'left_b'];
  assert.equal(hflipIndices(mixed), [2, 4, 0, 3, 1]);
});

test('without names, 17 are those of COCO, others are numbered; that is said', () => {
  assert.is(layout([{ id: 1, name: 'person' }]), undefined);
  assert.is(
    layout(
      [
        { id: 1, name: 'a', keypoints: [] },
        { id: 2, name: 'b', keypoints: null },
      ],
      [{ keypoints: [] }, {}],
    ),
    undefined,
  );
  const coco = layout([{ id: 1, name: 'a' }], [{}, { keypoints: new Array(51).fill(1) }])!;
  assert.is(coco.names, cocoKeypoints);
  assert.match(coco.notes.join(), /no category names its 17 keypoints: they are taken for those of COCO/);
  const three = layout([{ id: 1, name: 'a' }], [{ keypoints: new Array(9).fill(1) }])!;
  assert.equal(three.names, ['keypoint 1', 'keypoint 2', 'keypoint 3']);
  assert.equal(three.hflip_indices, [0, 1, 2]);
  assert.match(three.notes.join(), /names its 3 keypoints: none are left or right/);
});

test('names without sides and lines to nowhere are said', () => {
  const bone = { id: 1, name: 'bone', keypoints: ['head', 'tail'], skeleton: [[1, 2], [0, 1], [1, 3], 'x'] };
  const { hflip_indices, notes, skeleton } = layout([bone])!;
  assert.equal([hflip_indices, skeleton], [[0, 1], [[1, 2]]]);
  assert.match(
    notes.join('\n'),
    /no keypoint of 'bone' is left or right.*\n3 pairs of the skeleton of 'bone' are not two of 1 … 2/,
  );
});

test('malformed names, and categories with different ones, are refused', () => {
  const refused = (categories: readonly unknown[], pattern: RegExp) => {
    assert.throws(
      () => layout(categories),
      (error: ResnetCocoError) => error.code === 'BAD_DATASET' && pattern.test(error.message),
    );
  };
  refused([{ id: 1, name: 'a', keypoints: 'nose' }], /category 'a': keypoints is "nose"/);
  refused([{ id: 1, name: 'a', keypoints: ['x', 3] }], /keypoints is \["x",3\]/);
  refused([{ id: 1, name: 'a', keypoints: ['x', 'x'] }], /each only once/);
  const [a, b] = [
    { id: 1, name: 'a', keypoints: ['x', 'y'] },
    { id: 2, name: 'b', keypoints: ['y', 'x'] },
  ];
  refused([a, b], /'a' and 'b' have different keypoints/);
  assert.equal(layout([a, { ...a, id: 3, name: 'c' }])!.names, ['x', 'y']);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { annotatedPose, paintSkeleton, skeletonOf } from '../../../datasets/draw/skeleton.ts';
import { categoryColor, drawBoxes, type Image } from '../../../datasets/index.ts';

const WIDTH = 200;
const black = (): Image => ({ width: WIDTH, height: 100, data: new Uint8Array(WIDTH * 100 * 3) });
const at = ({ data }: Image, x: number, y: number): number[] => [
  ...data.subarray(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3),
];
const gray = [100, 100, 100] as const;
const names = ['nose', 'left_eye', 'right_eye', 'Left ear'];
const places = [
  [20, 20],
  [80, 20],
  [20, 80],
  [140, 20],
];
const keypoints = places.map((place) => [...place, 1]);

test('joints and limbs know their side by name; limbs have that of either end', () => {
  const { joints, limbs } = skeletonOf({
    keypoints,
    keypoint_names: names,
    skeleton: [
      [1, 2],
      [1, 3],
      [2, 3],
      [2, 4],
    ],
  });
  assert.equal(
    joints.map(({ side }) => side),
    ['middle', 'left', 'right', 'left'],
  );
  assert.equal(
    limbs.map(({ side }) => side),
    ['left', 'right', 'middle', 'left'],
  );
});

test('joints that are not labeled or have no place are left out, with their limbs, as are limbs to joints that are none', () => {
  const { joints, limbs } = skeletonOf({
    keypoints: [
      [1, 1, 2],
      [2, 2, 0],
      [Number.NaN, 3, 1],
      [4, 4, 1],
    ],
    skeleton: [
      [1, 2],
      [1, 3],
      [1, 4],
      [1, 9],
    ],
  });
  assert.equal(
    joints.map((joint) => joint.at),
    [
      [1, 1],
      [4, 4],
    ],
  );
  assert.equal(
    limbs.map(({ from, to }) => [from, to]),
    [
      [
        [1, 1],
        [4, 4],
      ],
    ],
  );
});

test('the left is lighter, the right darker, what is unlikely faint', () => {
  const canvas = black();
  const skeleton = [
    [1, 2],
    [2, 4],
  ];
  paintSkeleton(canvas, { keypoints, keypoint_names: names, keypoint_scores: [3, 2, 1, 0], skeleton }, gray);
  assert.equal(at(canvas, 20, 20), [100, 100, 100]);
  assert.equal(at(canvas, 80, 20), [170, 170, 170]);
  assert.equal(at(canvas, 20, 80), [65, 65, 65]);
  const [limb, faint] = [at(canvas, 50, 20)[0], at(canvas, 110, 20)[0]];
  assert.ok(limb > 80 && faint > 20 && faint < 0.4 * limb, `${limb}, ${faint}`);
  assert.ok(at(canvas, 140, 20)[0] < 150);
  assert.is(at(canvas, 20, 50)[0], 0);
});

test('an annotation’s joints are visible or hidden: a white rim or a black one', () => {
  const pose = annotatedPose([20, 20, 2, 80, 20, 1, 0, 0, 0, 9], { keypoints: names });
  assert.equal(pose.keypoints, [
    [20, 20, 2],
    [80, 20, 1],
    [0, 0, 0],
  ]);
  assert.equal(
    skeletonOf(pose).joints.map(({ isHidden }) => isHidden),
    [false, true],
  );
});

test('a box’s skeleton is drawn over its lines', () => {
  const box = { bbox: [20, 20, 100, 60], label: '', category_id: 3 };
  const picture = drawBoxes(black(), [{ ...box, keypoints: [[70, 20, 1]] }]);
  assert.equal(at(picture, 70, 20), [...categoryColor(3)]);
  assert.ok(at(picture, 70, 18).some((level) => level > 0));
  assert.equal(at(drawBoxes(black(), [box]), 70, 18), [0, 0, 0]);
});

test('lines of ground truth are dotted', () => {
  const box = { bbox: [0, 0, 200, 100], label: '', category_id: 3, skeleton: [[1, 2]] };
  const joints = [
    [20, 50, 1],
    [180, 50, 1],
  ];
  const painted = (dashed: boolean) => {
    const picture = drawBoxes(black(), [{ ...box, keypoints: joints, dashed }]);
    return Array.from({ length: 140 }, (_, i) => at(picture, 30 + i, 50).some((level) => level > 0));
  };
  assert.ok(painted(false).every(Boolean));
  const dotted = painted(true);
  const gaps = dotted.filter((isInked, i) => !isInked && dotted[i - 1]).length;
  assert.ok(gaps > 15 && dotted.filter(Boolean).length > 30, `${gaps}`);
});

test.run();

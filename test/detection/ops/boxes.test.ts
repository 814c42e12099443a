import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  boxAreas,
  clipBoxes,
  gatherBoxes,
  resizeBoxes,
  rowsOfMinSize,
  xywhToXyxy,
} from '../../../detection/ops/boxes.ts';
import { equal, floats, golden, integers, type Packed } from '../golden.ts';
import { iouMatrix } from './iou-matrix.ts';

type Names = 'a' | 'b' | 'iou' | 'areas' | 'wild' | 'clipped' | 'kept' | 'xywh' | 'resized';
const expected = golden<Record<Names, Packed>>('boxes');
const a = floats(expected.a);

test('areas, IoU, clipping, selection, conversion and resizing equal torchvision', () => {
  equal(boxAreas(a), floats(expected.areas), 'areas');
  equal(iouMatrix(a, floats(expected.b)), floats(expected.iou), 'iou');
  const clipped = clipBoxes(floats(expected.wild), { height: 64, width: 100 });
  equal(clipped, floats(expected.clipped), 'clipped');
  assert.equal([...rowsOfMinSize(clipped, 1e-2)], [...integers(expected.kept)]);
  equal(xywhToXyxy(floats(expected.xywh)), a, 'xyxy');
  equal(
    resizeBoxes(a.slice(), { height: 427, width: 640 }, { height: 333, width: 500 }),
    floats(expected.resized),
    'resized',
  );
});

test('xywhToXyxy leaves its input alone', () => {
  const boxes = Float32Array.of(1, 2, 3, 6, 0, 0, 0, 0);
  assert.equal(xywhToXyxy(boxes), Float32Array.of(1, 2, 4, 8, 0, 0, 0, 0));
  assert.equal(boxes, Float32Array.of(1, 2, 3, 6, 0, 0, 0, 0));
});

test('IoU lies in 0..1, is symmetric, and is 1 of a box with itself', () => {
  const boxes = a.subarray(4);
  const count = boxes.length / 4;
  const ious = iouMatrix(boxes, boxes);
  for (let i = 0; i < count; i++) {
    assert.is(ious[i * count + i], 1);
    for (let j = 0; j < count; j++) {
      assert.is(ious[i * count + j], ious[j * count + i]);
      assert.ok(ious[i * count + j] >= 0 && ious[i * count + j] <= 1);
    }
  }
});

test('no boxes give no results', () => {
  const none = new Float32Array(0);
  assert.is(boxAreas(none).length, 0);
  assert.is(iouMatrix(none, a).length, 0);
  assert.is(iouMatrix(a, none).length, 0);
  assert.is(rowsOfMinSize(none, 1).length, 0);
  assert.is(gatherBoxes(a, new Int32Array(0)).length, 0);
});

test.run();

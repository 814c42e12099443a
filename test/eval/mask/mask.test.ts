import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoRle, CocoSegmentation } from '../../../datasets/index.ts';
import { toRle } from '../../../datasets/masks/segmentation.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { mask } from '../../../eval/index.ts';

const full: CocoRle = { size: [2, 3], counts: '06' };
const triangle = [1, 1, 4, 4, 1, 5];

/** Expects BAD_DATASET with that message, for input that types may forbid and JSON may hold. */
function refused(work: () => unknown, message: string): void {
  assert.throws(work, (error: unknown) => {
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, 'BAD_DATASET');
    assert.is((error as ResnetCocoError).message, message);
    return true;
  });
}
const json = (value: unknown) => value as never;

test('pixels go in and out row by row', () => {
  const pixels = { data: Uint8Array.of(0, 1, 0, 1, 0, 0), height: 2, width: 3 };
  const rle = mask.encode(pixels);
  assert.equal(rle, { size: [2, 3], counts: '123' });
  assert.equal(mask.decode(rle), pixels);
  assert.equal(mask.encode([pixels, pixels]), [rle, rle]);
  assert.equal(mask.decode([rle]), [pixels]);
  assert.equal(mask.encode({ data: new Uint8Array(0), height: 0, width: 3 }), { size: [0, 3], counts: '0' });
});

test('one mask gives one result, a list gives a list', () => {
  assert.is(mask.area(full), 6);
  assert.equal(mask.area([full, full]), [6, 6]);
  assert.equal(mask.toBbox(full), [0, 0, 3, 2]);
  assert.equal(mask.toBbox([full]), [[0, 0, 3, 2]]);
  assert.equal([mask.area([]), mask.toBbox([]), mask.decode([])], [[], [], []]);
  assert.is(mask.area({ size: [2, 3], counts: [1, 2, 3] }), 2);
});

test('lists of four numbers are boxes, longer ones polygons', () => {
  // Texts from pycocotools.
  assert.equal(mask.frPyObjects([[1, 1, 4, 4]], 6, 7), [{ size: [6, 7], counts: '74200000;' }]);
  assert.equal(mask.frPyObjects([1, 1, 4, 4], 6, 7), { size: [6, 7], counts: '74200000;' });
  const [drawn, empty] = mask.frPyObjects([triangle, [1, 1, 4, 4]], 6, 7);
  assert.equal([drawn.counts, empty.counts], ['743N2O?', 'Z1']);
  assert.equal(mask.frPyObjects(triangle, 6, 7), drawn);
  const runs = { size: [2, 3], counts: [1, 2, 3] } as const;
  assert.equal(mask.frPyObjects(runs, 9, 9), { size: [2, 3], counts: '123' });
  assert.equal(mask.frPyObjects([runs, full], 9, 9), [{ size: [2, 3], counts: '123' }, full]);
});

test('IoU has a row for each of dt, and no rows where a list is empty', () => {
  assert.equal(mask.iou([full, { size: [2, 3], counts: [3, 3] }], [full], [0]), [[1], [0.5]]);
  assert.equal(mask.iou([{ size: [2, 3], counts: [3, 3] }], [full], [1]), [[1]]);
  assert.equal(
    mask.iou(
      [[0, 0, 2, 2]],
      [
        [1, 1, 2, 2],
        [0, 0, 2, 2],
      ],
      [false, true],
    ),
    [[1 / 7, 1]],
  );
  assert.equal([mask.iou([], [full], [0]), mask.iou([full], [], [])], [[], []]);
});

test('an annotation is a mask: polygons united, runs, or text', () => {
  const area = (segmentation: CocoSegmentation) =>
    mask.area({ size: [6, 7], counts: [...toRle(segmentation, 6, 7).counts] });
  const right = [5, 0, 7, 0, 7, 3, 5, 3];
  assert.is(area([triangle, right]), mask.area(mask.frPyObjects(triangle, 6, 7)) + 6);
  assert.is(area([right, right, [1, 1]]), 6);
  assert.equal(toRle({ size: [2, 3], counts: '123' }, 6, 7), toRle({ size: [2, 3], counts: [1, 2, 3] }, 6, 7));
  assert.throws(() => toRle([], 6, 7), 'it has no polygon; expected a list of lists of numbers');
  assert.throws(() => toRle(json([1, 2, 3, 4, 5, 6]), 6, 7), 'it has no polygon; expected a list of lists of numbers');
  assert.throws(() => toRle([[1, 1, 4, 4]], 6, 7), 'polygon 0 has 4 numbers; expected x, y of at least three points');
  assert.throws(
    () => toRle({ size: [2, 3], counts: '12' }, 6, 7),
    'counts: the runs add up to 3 pixels, but 2 × 3 are 6',
  );
});

test('malformed polygons and boxes are refused', () => {
  const draw =
    (...lists: unknown[]) =>
    () =>
      mask.frPyObjects(json(lists), 6, 7);
  refused(
    draw([1, 2, 3, 4, 5, 6, 7]),
    'mask.frPyObjects: polygon 0: it has 7 numbers, an odd count; expected x, y of each point',
  );
  refused(draw([1, 2]), 'mask.frPyObjects: polygon 0 has 2 numbers; expected x, y of at least three points');
  refused(draw([]), 'mask.frPyObjects: polygon 0 has 0 numbers; expected x, y of at least three points');
  refused(
    draw(triangle, [1, 1, 4, NaN, 1, 5]),
    'mask.frPyObjects: polygon 1: number 3 is NaN; expected a finite number',
  );
  refused(
    draw(triangle, [1, 1, 4, '4', 1, 5]),
    'mask.frPyObjects: polygon 1: number 3 is "4"; expected a finite number',
  );
  refused(draw([1, 1, 5e8, 4, 1, 5]), 'mask.frPyObjects: polygon 0: the coordinate 500000000 is beyond ±429496729');
  refused(draw(triangle, null), 'mask.frPyObjects: polygon 1: expected a list of numbers');
  refused(draw([0, 0, 1, 1], [0, 0, 1]), 'mask.frPyObjects: box 1: expected a list of x, y, width and height');
  refused(draw([0, 0, 1, Infinity]), 'mask.frPyObjects: box 0: number 3 is Infinity; expected a finite number');
  refused(draw(1, 2, 3), 'mask.frPyObjects: polygon 0 has 3 numbers; expected x, y of at least three points');
  refused(
    () => mask.frPyObjects([triangle], -6, 7),
    'mask.frPyObjects: the height is -6; expected a whole number, not negative',
  );
  refused(
    () => mask.frPyObjects([triangle], 6, 7.5),
    'mask.frPyObjects: the width is 7.5; expected a whole number, not negative',
  );
  refused(
    () => mask.frPyObjects([triangle], 65536, 65536),
    'mask.frPyObjects: 65536 × 65536 pixels are too many for a mask; at most 2³² − 1',
  );
  refused(() => mask.frPyObjects([], 6, 7), 'mask.frPyObjects: the list is empty');
});

test('malformed masks are refused', () => {
  const area = (rle: unknown) => () => mask.area(json(rle));
  refused(area({ counts: '06' }), 'mask.area: size: expected [height, width]');
  refused(area({ size: [2], counts: '06' }), 'mask.area: size: expected [height, width]');
  refused(area({ size: [2, -3], counts: '06' }), 'mask.area: the width is -3; expected a whole number, not negative');
  refused(area({ size: [2, 3] }), 'mask.area: counts: expected a text or a list of numbers');
  refused(
    area({ size: [2, 3], counts: '0P' }),
    'mask.area: counts: it is cut off: more should follow its last character',
  );
  refused(
    area({ size: [2, 3], counts: [1, 2.5, 2.5] }),
    'mask.area: counts: run 1 is 2.5; expected a whole number, not negative',
  );
  refused(
    area({ size: [2, 3], counts: [7, -1] }),
    'mask.area: counts: run 1 is -1; expected a whole number, not negative',
  );
  refused(area({ size: [2, 3], counts: [1, 6] }), 'mask.area: counts: the runs add up to 7 pixels, but 2 × 3 are 6');
  refused(area([full, null]), 'mask.area: mask 1: expected an object with size and counts');
  refused(
    () => mask.merge([full, { size: [3, 2], counts: '06' }]),
    'mask.merge: masks to merge differ in size: mask 0 is 2 × 3, mask 1 is 3 × 2',
  );
  refused(
    () => mask.encode({ data: new Uint8Array(5), height: 2, width: 3 }),
    'mask.encode: data has 5 pixels, but 2 × 3 are 6',
  );
});

test('malformed comparisons are refused', () => {
  refused(() => mask.iou([full], [full], []), 'mask.iou: iscrowd has 0 entries, but gt has 1');
  refused(
    () => mask.iou([full], [[0, 0, 1, 1]], [0]),
    'mask.iou: one of dt and gt has boxes, the other has masks; expected the same of both',
  );
  refused(
    () => mask.iou([[0, 0, 1, 1]], [[0, 0, 1]], [0]),
    'mask.iou: gt: box 0: expected a list of x, y, width and height',
  );
  refused(
    () => mask.iou([[0, 0, 1, NaN]], [[0, 0, 1, 1]], [0]),
    'mask.iou: dt: box 0: number 3 is NaN; expected a finite number',
  );
  refused(
    () => mask.iou([full, json([0, 0, 1, 1])], [full], [0]),
    'mask.iou: dt: mask 1: size: expected [height, width]',
  );
});

test.run();

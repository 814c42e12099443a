import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoDataset, CocoResult, CocoSegmentation, ImageId } from '../../../datasets/index.ts';
import { summarizeDetection } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { COCO, COCOeval, type IouType, mask } from '../../../eval/index.ts';
import { near } from './coco-cases.ts';

const images = [1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 100, height: 80 }));
const categories = [
  { id: 1, name: 'cat' },
  { id: 2, name: 'dog' },
];
const annotations = [
  { id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 },
  { id: 2, image_id: 2, category_id: 2, bbox: [30, 20, 40, 30], area: 1200, iscrowd: 0 },
] as const;
const result = { image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], score: 0.9 } as const;
const cocoOf = (changes: object = {}) => new COCO({ images, annotations, categories, ...changes } as CocoDataset);

function stats(gt: COCO, results: readonly object[], type: IouType = 'bbox'): readonly number[] {
  const e = new COCOeval(gt, gt.loadRes(results as CocoResult[]), type);
  e.evaluate();
  e.accumulate();
  e.summarize(() => {});
  return e.stats;
}

test('results of categories that the annotations do not have are told, with ids and counts', () => {
  const gt = cocoOf();
  assert.equal(gt.loadRes([result]).warnings, []);
  const unknown = [51, 52, 51].map((category_id) => ({ ...result, category_id }));
  assert.equal(gt.loadRes([...unknown, result]).warnings, [
    'results: 3 of 4 are of 2 categories that the annotations do not have (51, 52); they do not count',
  ]);
  const many = Array.from({ length: 7 }, (_, i) => ({ ...result, category_id: 100 + i }));
  assert.match(gt.loadRes(many).warnings[0], '7 of 7 are of 7 categories');
  assert.match(gt.loadRes(many).warnings[0], '(100, 101, 102, 103, 104 …)');
  near(stats(gt, [...unknown, result])[0], 0.5, 'AP');
});

test('masks of another size than their image are told', () => {
  const of = (height: number, width: number): CocoSegmentation =>
    mask.encode({ height, width, data: new Uint8Array(height * width).fill(1) });
  const { bbox: _, ...plain } = result;
  const gt = cocoOf({ annotations: [{ ...annotations[0], segmentation: of(80, 100) }] });
  assert.equal(gt.warnings, []);
  assert.equal(gt.loadRes([{ ...plain, segmentation: of(80, 100) } as CocoResult]).warnings, []);
  const warned = gt.loadRes([{ ...plain, segmentation: of(100, 80) } as CocoResult]).warnings;
  assert.is(warned.length, 1);
  assert.match(warned[0], /^results: 1 mask has another size .*: results\[0\] has \[100,80\], its image \[80,100\]$/);
  const several = gt.loadRes(
    [1, 2, 1, 2, 1, 2, 1].map((image_id) => ({ ...plain, image_id, segmentation: of(10, 10) }) as CocoResult),
  ).warnings;
  assert.is(several.length, 1);
  assert.match(
    several[0],
    /^results: 7 masks have another size .*: results\[0\] has \[10,10\], its image \[80,100\]; /,
  );
  assert.match(several[0], /; so have results\[1\] of image 2, results\[2\] of image 1, .*results\[4\] of image 1 …$/);
  const wrong = cocoOf({ annotations: [{ ...annotations[0], segmentation: { size: [8, 10], counts: [0, 80] } }] });
  assert.match(wrong.warnings.join(), /annotation 1 has \[8,10\], its image \[80,100\]/);
});

test('boxes outside of their image or in fractions of it are told, with count and places', () => {
  const gt = new COCO({
    images: [{ id: 4, file_name: 'a', width: 64, height: 48 }],
    annotations: [],
    categories: [{ id: 1, name: 'a' }],
  });
  const warningsOf = (...boxes: readonly [number, number, number, number][]) =>
    gt.loadRes(boxes.map((bbox) => ({ image_id: 4, category_id: 1, score: 0.5, bbox }))).warnings;
  assert.equal(warningsOf([0, 0, 64, 48], [-5, -5, 6, 6], [63.5, 47, 9, 9], [0, 0, 1, 1], [0.5, 0.5, 2, 0.4]), []);
  assert.equal(warningsOf([64, 0, 9, 9], [0, 48, 9, 9], [-9, 0, 9, 9], [0, -9, 9, 8], [0, 0, 1, 2]), [
    'results: 4 boxes lie wholly outside the image, and match nothing: results[0] of image 4, results[1] of image 4, results[2] of image 4, results[3] of image 4; a box is x, y, width, height in pixels',
  ]);
  assert.equal(warningsOf([0.25, 0.5, 0.5, 0.25]), [
    'results: 1 box is within the first pixel, as if in fractions of the image: results[0] of image 4; a box is in pixels',
  ]);
});

test('ids of images as texts, where they are numbers, are called so', () => {
  const gt = new COCO({ images: [{ id: 4, file_name: 'a', width: 64, height: 48 }], annotations: [], categories: [] });
  const bbox: [number, number, number, number] = [1, 1, 2, 2];
  assert.throws(
    () => gt.loadRes([{ image_id: '4', category_id: 1, score: 0.5, bbox }]),
    /lack: "4"; these are texts, and its ids are numbers, such as 4/,
  );
});

test('boxes of a negative width or height are told, of objects and of results', () => {
  const gt = cocoOf();
  const flipped = { ...result, bbox: [30, 30, -20, -20] } as const;
  assert.equal(gt.loadRes([result, flipped, { ...result, bbox: [30, 10, -20, 20] }]).warnings, [
    'results: 2 boxes have a negative width or height, and match nothing: results[1] of image 1, results[2] of image 1; a box is x, y, width, height',
  ]);
  near(stats(gt, [flipped])[0], 0, 'AP');
  const [warning] = cocoOf({ annotations: [{ ...annotations[0], bbox: [30, 30, -20, 20] }] }).warnings;
  assert.match(warning, /1 box has a negative width or height, and match nothing: annotation 1 of image 1;/);
});

test('an object with an empty list of keypoints is compared by its box, as in pycocotools', () => {
  const points = (x: number, y: number) =>
    Array.from({ length: 17 }, (_, k) => [x + (k % 5), y + Math.floor(k / 5), 2]).flat();
  const gt = cocoOf({
    annotations: [
      { ...annotations[0], keypoints: [], num_keypoints: 0 },
      { ...annotations[1], keypoints: points(30, 20), num_keypoints: 17 },
    ],
  });
  const results = [
    { ...result, keypoints: points(10, 10) },
    { image_id: 2, category_id: 2, bbox: [30, 20, 40, 30], score: 0.8, keypoints: points(30, 20) },
  ];
  // pycocotools 2.0.11
  assert.equal(
    stats(gt, results, 'keypoints').map((value) => Math.round(value * 1e6) / 1e6),
    [1, 1, 1, 1, -1, 1, 1, 1, 1, -1],
  ); // prettier-ignore
  // Where it counts although it has none, it is matched by its box.
  const counted = cocoOf({ annotations: [{ ...annotations[0], keypoints: [], num_keypoints: 3 }] });
  near(stats(counted, [results[0]], 'keypoints')[0], 1, 'AP');
});

test('an empty list of polygons is no mask', () => {
  const [bare] = annotations;
  for (const segmentation of [[], [[]], null] as unknown as readonly CocoSegmentation[]) {
    const empty = [{ ...bare, segmentation }];
    assert.is(summarizeDetection({ images, categories, annotations: empty }).masks, 0);
    const gt = cocoOf({ annotations: empty });
    near(stats(gt, [result])[0], 1, 'AP');
    if (segmentation) assert.throws(() => gt.annToRLE(empty[0]), /segmentation: /);
    else assert.equal(gt.annToMask(empty[0]), gt.annToMask(bare));
    const picture = { width: 100, height: 80, data: new Uint8Array(100 * 80 * 3) };
    assert.equal(gt.showAnns(empty, picture), gt.showAnns([bare], picture));
    assert.not.equal(gt.showAnns(empty, picture).data, picture.data);
    // A detection's box is its mask, whatever else stands beside it.
    const masked = cocoOf({ annotations: [{ ...bare, segmentation: [[10, 10, 30, 10, 30, 30, 10, 30]] }] });
    near(stats(masked, [{ ...result, segmentation } as CocoResult], 'segm')[0], 1, 'AP');
  }
});

test('what is not there gives coded errors', () => {
  const gt = cocoOf();
  const calls: readonly [call: () => unknown, message: RegExp][] = [
    [() => gt.loadImgs(9), /^there is no image 9 in the data set; its ids begin with 1, 2$/],
    [() => gt.loadImgs([1, 'x' as ImageId]), /no image "x"/],
    [() => gt.loadAnns([1, 7]), /no annotation 7/],
    [() => gt.loadCats(3), /no category 3/],
    [
      () => gt.annToRLE({ ...annotations[0], image_id: 9 }),
      /^annotation 1 of image 9: the data set has no such image$/,
    ],
    [() => gt.annToMask({ ...annotations[0], image_id: 'q' }), /^annotation 1 of image "q": the data set has no/],
    [() => gt.annToMask({ ...annotations[0], bbox: [0, 0, 1e300, 1] }), /the coordinate 1e\+300 is beyond/],
    [
      () => new COCO({ images: [], annotations: [], categories: [] }).loadImgs(1),
      /no image 1 in the data set; it has none$/,
    ],
  ];
  for (const [call, message] of calls) {
    try {
      call();
      assert.unreachable(String(message));
    } catch (error) {
      assert.instance(error, ResnetCocoError, `${(error as Error).stack}`);
      assert.is((error as ResnetCocoError).code, 'BAD_DATASET');
      assert.match((error as Error).message, message);
    }
  }
});

test('boxes and polygons beyond what can be computed end at once with an error', () => {
  const refused = (call: () => unknown, message: RegExp) => {
    assert.throws(call, (error: Error) => error instanceof ResnetCocoError && message.test(error.message));
  };
  refused(
    () => mask.iou([[0, 0, 1e300, 1e300]], [[0, 0, 1, 1]], [0]),
    /dt: box 0: 1e\+300 × 1e\+300 is an area beyond/,
  );
  refused(() => mask.frPyObjects([[0, 0, 1e300, 1e300]], 9, 9), /area beyond/);
  refused(() => mask.frPyObjects([[1e300, 0, 1, 1, 2, 2]], 9, 9), /1e\+300 is beyond/);
  refused(() => mask.frPyObjects([[0, 0, 4e8, 0, 4e8, 1]], 1, 2 ** 32 - 1), /its edges cross \d+ columns of pixels/);
});

test('mask functions take single objects, and runs as text and as bytes', () => {
  const uncompressed = { size: [4, 5], counts: [3, 5, 12] } as const;
  // pycocotools 2.0.11: the size is the mask's own
  const expected = { size: [4, 5], counts: '35<' };
  assert.equal(mask.frPyObjects(uncompressed, 9, 9), expected);
  assert.equal(mask.frPyObjects([uncompressed], 4, 5), [expected]);
  const bytes = { size: [4, 5], counts: Buffer.from('35<') } as const;
  const text = { size: [4, 5], counts: '35<' } as const;
  for (const rle of [text, bytes, uncompressed]) {
    assert.is(mask.area(rle), 5);
    assert.equal(mask.toBbox([rle]), [[0, 0, 2, 4]]);
    assert.equal(mask.merge([rle, text]), expected);
    assert.equal(mask.frPyObjects(rle, 4, 5), expected);
    assert.equal(mask.iou([rle], [text], [0]), [[1]]);
    assert.equal([...mask.decode(rle).data].slice(0, 12), [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  }
  const [polygon, box] = [
    [10, 10, 30, 10, 30, 30, 10, 30],
    [1, 2, 3, 4],
  ];
  assert.equal(mask.frPyObjects(polygon, 50, 50), mask.frPyObjects([polygon], 50, 50)[0]);
  assert.is(mask.frPyObjects(polygon, 50, 50).counts, 'n?d0n00000000000000000000000000000000000000nn0');
  assert.is(mask.frPyObjects(box, 50, 50).counts, 'd14^1000jW2');
});

test.run();

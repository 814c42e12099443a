import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import evaluateCoco from '../../cli/evaluate-coco.ts';
import { parseFlags } from '../../cli/terminal/flags.ts';
import { ResnetCocoError } from '../../errors.ts';
import { record } from './fake-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluate-coco-'));
test.after(() => rmSync(folder, { recursive: true }));

const images = [1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 100, height: 80 }));
const categories = [
  { id: 1, name: 'cat' },
  { id: 2, name: 'dog' },
];
const cat = { id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 };
const dog = { id: 2, image_id: 2, category_id: 2, bbox: [30, 20, 40, 30], area: 1200, iscrowd: 0 };
const ofCat = { image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], score: 0.9 };
const ofDog = { image_id: 2, category_id: 2, bbox: [30, 20, 40, 30], score: 0.8 };

function write(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function evaluate(annotations: readonly object[], detections: unknown, type: string) {
  const gt = write('gt.json', { images, categories, annotations });
  const dt = write('dt.json', detections);
  const { terminal, stdout, stderr } = record();
  const args = ['--annotations', gt, '--detections', dt, '--type', type, '--json'];
  const { flags, positionals } = parseFlags(evaluateCoco.flags, args);
  const code = await evaluateCoco.run({ flags, positionals, terminal, signal: new AbortController().signal });
  assert.is(code, 0);
  const { stats } = JSON.parse(stdout.text) as { stats: number[] };
  return { stats: stats.map((value) => Math.round(value * 1e6) / 1e6), stderr: stderr.text };
}

const points = (x: number, y: number): number[] =>
  Array.from({ length: 17 }, (_, k) => [x + (k % 5), y + Math.floor(k / 5), 2]).flat();

// The numbers are those of pycocotools 2.0.11.
test('empty keypoints count as pycocotools counts them', async () => {
  const { stats, stderr } = await evaluate(
    [
      { ...cat, keypoints: [], num_keypoints: 0 },
      { ...dog, keypoints: points(30, 20), num_keypoints: 17 },
    ],
    [
      { ...ofCat, keypoints: points(10, 10) },
      { ...ofDog, keypoints: points(30, 20) },
    ],
    'keypoints',
  );
  assert.equal(stats, [1, 1, 1, 1, -1, 1, 1, 1, 1, -1]);
  assert.is(stderr, '');
});

test('an empty segmentation is no obstacle to boxes, and named where masks are compared', async () => {
  const objects = [{ ...cat, segmentation: [] }];
  assert.equal((await evaluate(objects, [ofCat], 'bbox')).stats, [1, 1, 1, 1, -1, -1, 1, 1, 1, 1, -1, -1]);
  const error = await evaluate(objects, [ofCat], 'segm').catch((thrown: unknown) => thrown);
  assert.instance(error, ResnetCocoError);
  assert.match((error as Error).message, 'annotation 1 has no segmentation');
});

test('masks of another size than their image are told, with count, results and images', async () => {
  const segmentation = [[10, 10, 30, 10, 30, 30, 10, 30]];
  const mask = { size: [40, 50], counts: [0, 2000] };
  const { bbox: _, ...plain } = ofCat;
  const { stats, stderr } = await evaluate(
    [{ ...cat, segmentation }],
    [1, 2, 1].map((image_id) => ({ ...plain, image_id, segmentation: mask })),
    'segm',
  );
  assert.is(stats[0], 0);
  assert.match(stderr, /results: 3 masks have another size .*results\[0\] has \[40,50\], its image \[80,100\]/);
  assert.match(stderr, /so have results\[1\] of image 2, results\[2\] of image 1/);
});

test('numbers that no image has are an error that names them', async () => {
  const refused: readonly [objects: readonly object[], results: unknown, message: RegExp][] = [
    [[cat], [{ ...ofCat, bbox: [10, 1e300, 20, 20] }], /dt\.json: results\[0\] bbox wants numbers from -1e\+150/],
    [[{ ...cat, bbox: [1e300, 0, 1, 1] }], [ofCat], /annotation 1 of image 1 has the bbox \[1e\+300,0,1,1\]/],
    [[cat], '[{"image_id": 1, "category_id": 1, "bbox": [NaN, 0, 1, 1], "score": 1}]', /dt\.json: .*NaN/],
    [
      [cat],
      '[{"image_id": 1, "category_id": 1, "bbox": [1e999, 0, 1, 1], "score": 1}]',
      /results\[0\] bbox.*Infin|null/,
    ],
  ];
  for (const [objects, results, message] of refused) {
    const error = await evaluate(objects, results, 'bbox').catch((thrown: unknown) => thrown);
    assert.instance(error, ResnetCocoError);
    assert.match((error as Error).message, message);
  }
});

/** Evaluates boxes with further flags. */
async function withFlags(detections: readonly object[], ...more: readonly string[]) {
  const gt = write('gt.json', { images, categories, annotations: [cat, dog] });
  const { terminal, stdout } = record();
  const args = ['--annotations', gt, '--detections', write('dt.json', detections), ...more];
  const { flags, positionals } = parseFlags(evaluateCoco.flags, args);
  await evaluateCoco.run({ flags, positionals, terminal, signal: new AbortController().signal });
  return stdout.text;
}
const numbers = async (detections: readonly object[], ...more: readonly string[]) =>
  JSON.parse(await withFlags(detections, ...more, '--json'));
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}`);

test('thresholds, limits, categories and images of one’s own', async () => {
  // 14 of 20 columns are covered: IoU 14 / 26 = .54, above one of ten thresholds.
  const shifted = { ...ofCat, bbox: [16, 10, 20, 20] };
  near((await numbers([shifted, ofDog])).AP, (0.1 + 1) / 2);
  near((await numbers([shifted, ofDog], '--iou-thresholds', '.5')).AP, 1);
  near((await numbers([shifted, ofDog], '--iou-thresholds', '.5,.75')).AP, (0.5 + 1) / 2);
  const ofDogs = await numbers([shifted, ofDog], '--categories', 'dog');
  near(ofDogs.AP, 1);
  assert.equal(
    ofDogs.perCategory.map(({ name }: { name: string }) => name),
    ['dog'],
  );
  for (const flag of ['--image-ids', '--images']) near((await numbers([shifted, ofDog], flag, '1')).AP, 0.1);
  // Wrong detections with higher scores fill the first places.
  const wrong = Array.from({ length: 120 }, (_, i) => ({ ...ofCat, bbox: [60, 50, 5, 5], score: 0.95 + i / 1e4 }));
  near((await numbers([...wrong, ofCat])).AR100, 0);
  const more = await numbers([...wrong, ofCat], '--max-dets', '1,10,300');
  // The cat is the 121st of its category; pycocotools' own first number has no limit of 100 to read.
  near(more.stats[8], 0.5);
  near(more.stats[0], -1);
  near(more.AP, 1 / 121 / 2);
});

test('all categories as one', async () => {
  const asDog = { ...ofCat, category_id: 2 };
  near((await numbers([asDog, ofDog])).AR100, 0.5);
  near((await numbers([asDog, ofDog], '--class-agnostic')).AP, 1);
});

test('an area of one’s own is printed; one that is named like COCO’s takes its place', async () => {
  assert.match(await withFlags([ofCat], '--area', 'tiny:0-500'), /area= *tiny .* = 1\.000/);
  const { areas } = await numbers([ofCat], '--area', 'tiny:0-500', '--area', 'none:0-9');
  assert.equal(
    areas.map(({ name }: { name: string }) => name),
    ['tiny', 'none'],
  );
  near(areas[0].AP, 1);
  near(areas[1].AP, -1);
  near((await numbers([ofCat], '--area', 'small:0-100')).APs, -1);
});

test('the best threshold, of the raw curve, and oLRP', async () => {
  const wrong = { ...ofCat, bbox: [60, 50, 5, 5], score: 0.1 };
  const { best, oLRP, perCategory } = await numbers([ofCat, ofDog, wrong], '--best-threshold');
  assert.equal([best.f1, best.precision, best.recall, oLRP], [1, 1, 1, 0]);
  assert.ok(best.threshold >= 0.1 && best.threshold < 0.8);
  assert.is(perCategory[0].lrp.oLRP, 0);
  assert.match(await withFlags([ofCat, ofDog], '--best-threshold'), /Best F1 .* = 1\.000, precision 1\.000/);
});

test('settings that cannot be are refused with the flag’s name', async () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['--iou-thresholds', '.5,2', /^--iou-thresholds wants numbers above 0 and up to 1, ascending, got '\.5,2'/],
    ['--max-dets', '1,10', /^--max-dets wants three whole numbers/],
    ['--area', 'tiny', /^--area wants NAME:MIN-MAX/],
    ['--categories', 'dgo', /--categories: the annotations have no category 'dgo'; the nearest is 'dog'/],
    ['--image-ids', '7', /--image-ids: the annotations have no image '7'/],
  ];
  for (const [flag, value, message] of wrong) {
    try {
      await withFlags([ofCat], flag, value);
      assert.unreachable(flag);
    } catch (error) {
      assert.match((error as Error).message, message);
    }
  }
});

test.run();

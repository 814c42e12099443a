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

test.run();

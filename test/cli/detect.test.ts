import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Draw, detectFiles } from '../../cli/detecting/detect-files.ts';
import { planSave } from '../../cli/detecting/save-plan.ts';
import { rleFromBox } from '../../datasets/masks/polygon.ts';
import type { DetectedFile } from '../../detection/index.ts';
import { DetectedMask } from '../../detection/results/detected-mask.ts';
import { matchCategories } from '../../detection/results/match-categories.ts';
import { fakeDetector, inputsOf, record } from './fake-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'detect-'));
const home = process.cwd();
process.chdir(folder);
test.after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});
mkdirSync('in/sub', { recursive: true });
for (const name of ['1.jpg', 'sub/2.png', 'empty3.jpg', 'broken4.jpg']) writeFileSync(join('in', name), '');
writeFileSync(
  'annotations.json',
  JSON.stringify({
    images: [
      { id: 71, file_name: '1.jpg' },
      { id: 72, file_name: 'sub/2.jpg' },
    ],
  }),
);

const never = new AbortController().signal;
const job = { score: 0.5, json: false };
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

const draw: Draw = async ({ file }, target) => {
  if (file.includes('sub')) throw new Error('disk full');
  await writeFile(target, 'drawn');
  return new Uint8Array(3);
};

interface Settings {
  readonly out: string;
  readonly annotations?: string;
  readonly pictures?: boolean;
}

/** Detects in the folder of inputs as the command does with these flags. */
async function detectIn(
  { out, annotations, pictures = false }: Settings,
  detector: Parameters<typeof detectFiles>[0] = fakeDetector,
  signal = never,
  score = job.score,
) {
  const recording = record();
  const inputs = await inputsOf('in');
  const plan = await planSave(inputs, { out, annotations, pictures });
  const save = pictures ? { plan, draw } : { plan };
  const code = await detectFiles(detector, inputs, { ...job, score }, save, recording.terminal, signal);
  return { code, stdout: recording.stdout.text, stderr: recording.stderr.text };
}

test('objects of each image for people, and nothing found said', async () => {
  const { terminal, stdout, stderr } = record();
  const inputs = await inputsOf('in/1.jpg', 'in/empty3.jpg');
  assert.is(await detectFiles(fakeDetector, inputs, job, undefined, terminal, never), 0);
  assert.is(
    stdout.text,
    'in/1.jpg  640×480  1 object\n' +
      '  label   score    x    y  width  height\n' +
      '  person  0.938  1.5  2.0   30.0    40.0\n' +
      'in/empty3.jpg  640×480  nothing found\n',
  );
  assert.match(stderr.text, /^2 images, 1 object, /);
});

test('for people, a mask is its pixels, and joints are those that are likely there', async () => {
  const rle = rleFromBox([2, 3, 10, 5], 48, 64);
  const whole = {
    category_id: 1,
    label: 'person',
    score: 0.9,
    bbox: [2, 3, 10, 5] as const,
    mask: new DetectedMask(rle),
  };
  const keypoints = [1, 2, 3].map((x) => [x, x, 1] as const);
  const person = { ...whole, keypoints, keypoint_scores: [4, 0.5, -2] };
  const detector = {
    async *detectAll(files: Iterable<string>): AsyncGenerator<DetectedFile> {
      for (const file of files) yield { file, width: 64, height: 48, detections: [person] };
    },
  };
  const { terminal, stdout } = record();
  await detectFiles(detector, await inputsOf('in/1.jpg'), job, undefined, terminal, never);
  const [, head, row] = stdout.text.split('\n');
  assert.match(head, /label +score +x +y +width +height +mask +joints$/);
  assert.match(row, /person +0\.900 +2\.0 +3\.0 +10\.0 +5\.0 +50 px +2 of 3$/);
});

test('the page begins at the score that was asked for', async () => {
  await detectIn({ out: 'low', pictures: true }, fakeDetector, never, 0.08);
  assert.match(readFileSync('low/index.html', 'utf8'), 'data-score="0.08"');
});

test('what is shown has a higher score than the one that is asked for, the usual one, too', async () => {
  const box = { category_id: 1, label: 'person', bbox: [1, 2, 30, 40] as const };
  const detections = [0.75, 0.500001, 0.5, 0.25].map((score) => ({ ...box, score }));
  const detector = {
    async *detectAll(files: Iterable<string>): AsyncGenerator<DetectedFile> {
      for (const file of files) yield { file, width: 64, height: 48, detections };
    },
  };
  const inputs = await inputsOf('in/1.jpg');
  for (const [score, expected] of [
    [{}, [0.75, 0.500001]],
    [{ score: 0.5 }, [0.75, 0.500001]],
    [{ score: 0.75 }, []],
  ] as const) {
    const { terminal, stdout } = record();
    await detectFiles(detector, inputs, { ...score, json: true }, undefined, terminal, never);
    const [{ detections: shown }] = JSON.parse(stdout.text);
    assert.equal(
      shown.map((one: { score: number }) => one.score),
      expected,
    );
  }
});

test('JSON as the contract has it', async () => {
  const { terminal, stdout } = record();
  const inputs = await inputsOf('in');
  assert.is(await detectFiles(fakeDetector, inputs, { ...job, json: true }, undefined, terminal, never), 1);
  const detections = [{ category_id: 1, label: 'person', score: 0.9375, bbox: [1.5, 2, 30, 40] }];
  assert.equal(JSON.parse(stdout.text), [
    { file: 'in/1.jpg', width: 640, height: 480, detections },
    { file: 'in/broken4.jpg', error: 'in/broken4.jpg: the file is empty' },
    { file: 'in/empty3.jpg', width: 640, height: 480, detections: [] },
    { file: 'in/sub/2.png', width: 640, height: 480, detections },
  ]);
});

test('--out: results by the numbers of the names, pictures, page, and failures of drawing', async () => {
  const { code, stderr } = await detectIn({ out: 'out', pictures: true });
  assert.is(code, 1);
  assert.equal(readJson('out', 'detections.json'), [
    { image_id: 1, category_id: 1, bbox: [1.5, 2, 30, 40], score: 0.9375 },
    { image_id: 2, category_id: 1, bbox: [1.5, 2, 30, 40], score: 0.9375 },
  ]);
  assert.equal(readJson('out', 'images.json'), [
    { id: 1, file_name: '1.jpg', width: 640, height: 480 },
    { id: 3, file_name: 'empty3.jpg', width: 640, height: 480 },
    { id: 2, file_name: 'sub/2.png', width: 640, height: 480 },
  ]);
  assert.equal(readdirSync('out').sort(), [
    '1.jpg',
    'detections.json',
    'empty3.jpg',
    'images.json',
    'index.html',
    'sub',
  ]);
  const page = readFileSync('out/index.html', 'utf8');
  for (const record of ['"file":"1.jpg"', '"file":"broken4.jpg","error":', '"file":"sub/2.png","error":"disk full"']) {
    assert.ok(page.includes(record), record);
  }
  assert.match(stderr, /^resnet-coco: in\/sub\/2\.png: unexpected disk full$/m);
  assert.match(stderr, /^3 images, 2 objects, 2 failed, .*; results are in out\n$/m);
  assert.not.match(stderr, /image ids/);
});

test('without numbers the ids are in path order, and that is said', async () => {
  writeFileSync('in/street.jpg', '');
  const { stderr } = await detectIn({ out: 'ordered' });
  rmSync('in/street.jpg');
  assert.equal(
    readJson('ordered', 'images.json').map(({ id, file_name }: { id: number; file_name: string }) => [id, file_name]),
    [
      [1, '1.jpg'],
      [3, 'empty3.jpg'],
      [4, 'street.jpg'],
      [5, 'sub/2.png'],
    ],
  );
  assert.match(stderr, /image ids are 1, 2, 3 … \('street\.jpg' has no number in its name\); images\.json/);
  assert.not(existsSync('ordered/index.html'));
});

test('--annotations give the ids; a file that they do not name is left out and reported', async () => {
  const { code, stdout, stderr } = await detectIn({ out: 'annotated', annotations: 'annotations.json' });
  assert.is(code, 1);
  assert.equal(
    readJson('annotated', 'detections.json').map(({ image_id }: { image_id: number }) => image_id),
    [71, 72],
  );
  assert.match(stderr, /^resnet-coco: in\/empty3\.jpg: not among the images of annotations\.json/m);
  assert.match(stdout, /in\/empty3\.jpg/);
});

test('--annotations give category ids too; detections without a partner there are left out and counted', async () => {
  const recording = record();
  const inputs = await inputsOf('in');
  const saved = (names: Readonly<Record<number, string>>) => {
    const categories = Object.entries(names).map(([id, name]) => ({ id: Number(id), name }));
    return matchCategories([{ id: 1, name: 'person' }], categories, 'annotations.json');
  };
  for (const [names, ids] of [
    [{ 0: 'person' }, [0, 0]],
    [{ 1: 'cat', 5: 'person' }, [5, 5]],
  ] as const) {
    const plan = await planSave(inputs, { out: 'matched', annotations: 'annotations.json', pictures: false });
    await detectFiles(fakeDetector, inputs, job, { plan, match: saved(names) }, recording.terminal, never);
    const results = readJson('matched', 'detections.json') as { category_id: number }[];
    assert.equal(
      results.map(({ category_id }) => category_id),
      ids,
    );
  }
  assert.match(
    recording.stderr.text,
    /1 of 1 category go by name, as their ids differ: 'person' is 1 in the model, 0 in/,
  );
  assert.not.match(recording.stderr.text, /leaves out/);
  const plan = await planSave(inputs, { out: 'matched', annotations: 'annotations.json', pictures: false });
  const match = { ids: new Map([[7, 7]]), notes: [] };
  await detectFiles(fakeDetector, inputs, job, { plan, match }, recording.terminal, never);
  assert.equal(readJson('matched', 'detections.json'), []);
  assert.match(recording.stderr.text, /leaves out 2 detections of categories that annotations\.json does not/);
});

test('what is wrong with the folder shows before anything is computed', async () => {
  const untouched = {
    // biome-ignore lint/correctness/useYield: it must not be asked at all
    async *detectAll() {
      throw new Error('computed');
    },
  };
  const wrong: [Settings, RegExp][] = [
    [{ out: 'in', pictures: true }, /would overwrite in\/1\.jpg/],
    [{ out: 'annotations.json' }, /annotations\.json: cannot be written/],
    [{ out: 'unused', annotations: 'gone.json' }, /gone\.json: no such file/],
  ];
  for (const [settings, message] of wrong) {
    try {
      await detectIn(settings, untouched);
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, message);
    }
  }
  assert.not(existsSync('unused'));
  assert.is(readFileSync('in/1.jpg', 'utf8'), '');
});

test('an interruption leaves whole files of what was done', async () => {
  const controller = new AbortController();
  const interrupted = {
    async *detectAll(files: Iterable<string>) {
      for await (const result of fakeDetector.detectAll(files, { signal: controller.signal })) {
        yield result;
        controller.abort();
      }
    },
  };
  const { stderr } = await detectIn({ out: 'interrupted', pictures: true }, interrupted, controller.signal);
  assert.is(readJson('interrupted', 'detections.json').length, 1);
  assert.is(readFileSync('interrupted/1.jpg', 'utf8'), 'drawn');
  assert.match(stderr, /^1 image, 1 object, .*; 3 images not processed; results are in interrupted\n$/);
});

test.run();

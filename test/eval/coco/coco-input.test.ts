import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoDataset, CocoResult } from '../../../datasets/index.ts';
import { type ErrorCode, ResnetCocoError } from '../../../errors.ts';
import { COCO } from '../../../eval/coco/coco.ts';
import { COCOeval } from '../../../eval/cocoeval/coco-eval.ts';
import type { IouType } from '../../../eval/cocoeval/params.ts';
import { Random } from '../../../io/random.ts';
import { near } from '../cocoeval/coco-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'coco-input-'));
test.after(() => rmSync(folder, { recursive: true }));

/** A file of that content. */
function fileOf(content: string | object): string {
  const path = join(folder, 'file.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const image = { id: 1, file_name: 'a.jpg', width: 64, height: 48 };
const images = [image, { ...image, id: 2 }];
const categories = [{ id: 3, name: 'dog' }];
const keypoints = Array.from({ length: 17 }, (_, k) => [20 + k, 30, 2]).flat();
const segmentation = [[10, 10, 30, 10, 30, 40]];
const place = { bbox: [10, 10, 20, 30], area: 600, iscrowd: 0, segmentation, keypoints, num_keypoints: 17 };
const annotations = [1, 2].map((id) => ({ id, image_id: id, category_id: 3, ...place }));
const dataset = { images, annotations, categories };
const mask = { size: [48, 64], counts: [500, 30, 2542] };
const result = { image_id: 1, category_id: 3, score: 0.5, bbox: [10, 10, 20, 30] };
const results = [result, { ...result, image_id: 2, score: 0.25 }];

type Json = string | object | number | boolean | null | undefined;

function stats(gt: COCO, dt: COCO, type: IouType): readonly number[] {
  const e = new COCOeval(gt, dt, type);
  e.evaluate();
  e.accumulate();
  e.summarize(() => {});
  return e.stats;
}

const evaluate = (annotationsOf: Json, resultsOf: Json, type: IouType = 'bbox') => {
  const gt = new COCO(annotationsOf as CocoDataset);
  return stats(gt, gt.loadRes(resultsOf as CocoResult[]), type);
};

/** What a call fails with: an error for the user, with that code and with all these parts in its message. */
async function failsWith(code: ErrorCode, parts: readonly string[], call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    assert.instance(error, ResnetCocoError, `${(error as Error).stack}`);
    const { code: actual, message } = error as ResnetCocoError;
    assert.is(actual, code, message);
    for (const part of parts) assert.ok(message.includes(part), `'${message}' lacks '${part}'`);
    return;
  }
  assert.unreachable(`nothing was thrown; expected ${parts.join(', ')}`);
}

test('what must be there for an evaluation', () => {
  near(evaluate(dataset, results)[0], 1, 'AP');
  near(
    evaluate({ ...dataset, annotations: [{ ...annotations[0], area: undefined, image_id: 9 }] }, results)[0],
    -1,
    'AP',
  );
});

test('annotation files of another kind, and what is wrong in those of the right kind', async () => {
  const odd: readonly [content: string | object, parts: string[]][] = [
    ['', ['is empty']],
    [' \n', ['is empty']],
    ['3', ['is 3, not an annotation file']],
    ['"x"', ['is "x", not an annotation file']],
    ['null', ['is null, not an annotation file']],
    ['true', ['is true']],
    ['[]', ['is a list, as results are']],
    [results, ['is a list, as results are']],
    ['{}', ["'images' is missing"]],
    [{ annotations, categories }, ["'images' is missing"]],
    [{ ...dataset, images: 3 }, ["'images' is not a list"]],
    [{ ...dataset, images: null }, ["'images' is not a list"]],
    [{ ...dataset, annotations: {} }, ["'annotations' is not a list"]],
    [{ ...dataset, categories: 'dog' }, ["'categories' is not a list"]],
    [{ ...dataset, images: [null] }, ['images[0] is null']],
    [{ ...dataset, annotations: [annotations[0], 5] }, ['annotations[1] is 5']],
    [{ ...dataset, images: [{ ...image, id: undefined }] }, ['images[0].id wants a number or a text, got undefined']],
    [{ ...dataset, images: [image, { ...image, id: null }] }, ['images[1].id wants', 'null']],
    [{ ...dataset, images: [image, image] }, ['images[1].id repeats 1']],
    [{ ...dataset, categories: [...categories, ...categories] }, ['categories[1].id repeats 3']],
    [{ ...dataset, categories: [{ id: '3', name: 'dog' }] }, ['categories[0].id wants a number, got "3"']],
    [{ ...dataset, annotations: [annotations[0], annotations[0]] }, ['annotations[1].id repeats 1']],
    [{ ...dataset, annotations: [{ ...annotations[0], id: 'a' }] }, ['annotations[0].id wants a number, got "a"']],
    [{ ...dataset, annotations: [{ ...annotations[0], image_id: [1] }] }, ['annotations[0].image_id wants', '[1]']],
    [
      { ...dataset, annotations: [{ ...annotations[0], category_id: '3' }] },
      ['annotations[0].category_id wants', '"3"'],
    ],
    ['{"images": [{"id": NaN}]}', ['images[0] is not JSON: JSON has no NaN']],
    ['{"images": []} x', ['after 15 bytes', 'the end of the file', 'x']],
    ['{"images": [}', ['images[0]']],
    ['{"images": [{]}', ["wants ',' or ']' after images[0] and has }"]],
  ];
  for (const [content, parts] of odd) {
    const path = fileOf(content);
    await failsWith('BAD_DATASET', [path, ...parts], () => COCO.load(path));
  }
  await failsWith('FILE_NOT_FOUND', ['nowhere.json'], () => COCO.load(join(folder, 'nowhere.json')));
  await failsWith('FILE_NOT_FOUND', [folder], () => COCO.load(folder));
});

test('fields of annotations that an evaluation needs', async () => {
  const cases: readonly [type: IouType, fields: object, parts: string[]][] = [
    ['bbox', { bbox: undefined }, ['has no bbox', 'evaluation of bbox wants four finite numbers']],
    ['bbox', { area: undefined }, ['has no area']],
    ['bbox', { bbox: [1, 2, 3] }, ['has the bbox [1,2,3]']],
    ['bbox', { bbox: [1, 2, 3, 4, 5] }, ['has the bbox [1,2,3,4,5]']],
    ['bbox', { bbox: [1, 2, '3', 4] }, ['has the bbox [1,2,"3",4]']],
    ['bbox', { bbox: [1, 2, Number.NaN, 4] }, ['has the bbox [1,2,null,4]']],
    ['bbox', { bbox: { x: 1 } }, ['has the bbox {"x":1}']],
    ['bbox', { area: '600' }, ['has the area "600"', 'a finite number']],
    ['bbox', { area: Number.POSITIVE_INFINITY }, ['has the area null']],
    ['bbox', { iscrowd: '0' }, ['has the iscrowd "0"', '0 or 1']],
    ['segm', { area: null }, ['has the area null']],
    ['segm', { segmentation: undefined }, ['has no segmentation']],
    ['segm', { segmentation: [] }, ['has no segmentation']],
    ['segm', { segmentation: [[]] }, ['has no segmentation']],
    ['segm', { segmentation: [[1, 2, 3]] }, ['segmentation: polygon 0 has 3 numbers']],
    ['segm', { segmentation: [[1, 2, 3, 4, 'x', 6]] }, ['segmentation: polygon 0: number 4 is "x"']],
    ['segm', { segmentation: { size: [48, 64], counts: [5] } }, ['segmentation: counts: the runs add up to 5']],
    ['segm', { segmentation: { size: [48, 64], counts: 'a' } }, ['segmentation: counts']],
    ['segm', { segmentation: { counts: 'a' } }, ['segmentation: size']],
    ['keypoints', { keypoints: undefined }, ['has no keypoints']],
    ['keypoints', { keypoints: [1, 2, 2] }, ['keypoints wants 51 numbers', 'got 3']],
    ['keypoints', { keypoints: [...keypoints.slice(1), 'x'] }, ['has the keypoints [30,2,', 'finite numbers']],
    ['keypoints', { keypoints: 'x', num_keypoints: undefined }, ['has the keypoints "x"']],
    ['keypoints', { num_keypoints: '0' }, ['has the num_keypoints "0"']],
  ];
  for (const [type, fields, parts] of cases) {
    const broken = { ...dataset, annotations: [annotations[0], { ...annotations[1], ...fields }] };
    const found = results.map((one) => ({ ...one, keypoints }));
    await failsWith('BAD_DATASET', ['annotation 2', ...parts], () => evaluate(broken, found, type));
    const gt = new COCO(broken as unknown as CocoDataset);
    await failsWith('BAD_DATASET', ['annotation 2', ...parts], () =>
      new COCOeval(gt, gt.loadRes(found as unknown as CocoResult[]), type).computeIoU(2, 3),
    );
  }
});

test('missing iscrowd is none, an id 0 and strange references are told', () => {
  const open = annotations.map(({ iscrowd: _, ...rest }) => rest);
  assert.equal(evaluate({ ...dataset, annotations: open }, results), evaluate(dataset, results));
  const odd = [
    { ...annotations[0], id: 0 },
    { ...annotations[0], id: 8, image_id: 99 },
    { ...annotations[0], id: 9, category_id: 99 },
  ];
  const { warnings } = new COCO({ ...dataset, annotations: odd } as unknown as CocoDataset);
  assert.is(warnings.length, 3);
  assert.match(warnings[0], '1 annotations are of images that it does not have (99); they do not count');
  assert.match(warnings[1], '1 annotations are of categories that it does not have (99); they do not count');
  assert.match(warnings[2], 'an annotation has the id 0');
});

test('results of another kind, and what is wrong in those of the right kind', async () => {
  const gt = new COCO(dataset as unknown as CocoDataset);
  const segm = { image_id: 1, category_id: 3, score: 0.5, segmentation: mask };
  const odd: readonly [content: unknown, parts: string[]][] = [
    ['', ['is empty']],
    ['3', ['is a single value, not a list of results']],
    ['null', ['is a single value']],
    ['"x"', ['is a single value']],
    [dataset, ["is an object with the field 'images'", 'results are a list']],
    [[1], ['results[0] is 1, not an object']],
    [[result, null], ['results[1] is null']],
    [[result, [1]], ['results[1] is [1]']],
    [[{}], ['results[0] image_id wants an id, got nothing']],
    [[{ ...result, image_id: null }], ['results[0] image_id wants an id, got null']],
    [
      [result, { ...result, image_id: 7 }, { ...result, image_id: '1' }],
      ['2 image_id', '7, "1"', 'are numbers, such as 1'],
    ],
    [[result, { ...result, category_id: undefined }], ['results[1] category_id wants a finite number, got nothing']],
    [[{ ...result, category_id: '3' }], ['results[0] category_id wants', '"3"']],
    [[{ ...result, score: undefined }], ['results[0] score wants']],
    [[{ ...result, score: '0.5' }], ['results[0] score wants', '"0.5"']],
    [[{ ...result, score: null }], ['results[0] score wants', 'null']],
    [[{ ...result, bbox: undefined }], ["results[0] has neither 'bbox'"]],
    [[{ ...result, bbox: null }], ['results[0] bbox wants a list of 4 numbers, got null']],
    [[result, { ...result, bbox: [1, 2, 3] }], ['results[1] bbox wants a list of 4 numbers, got [1,2,3]']],
    [[result, { ...result, bbox: [1, 2, 3, '4'] }], ['results[1] bbox wants finite numbers only']],
    [[result, { ...segm }], ['results[1] bbox wants a list of 4 numbers, got nothing']],
    [[{ ...result, keypoints: ['x'] }], ['results[0] keypoints wants finite numbers only']],
    [[segm, result], ['results[1] segmentation wants a run-length encoded mask, got nothing']],
    [[{ ...segm, segmentation: 'x' }], ['results[0] segmentation wants', '"x"']],
    [
      [{ ...segm, segmentation: { size: [2, 2], counts: [1] } }],
      ['results[0] segmentation: counts: the runs add up to 1'],
    ],
    [[{ ...segm, bbox: [1] }], ['results[0] bbox wants']],
    [
      [{ ...segm, segmentation: undefined, keypoints: [1, 2] }],
      ['results[0] keypoints has 2 numbers, not three per point'],
    ],
    [[{ ...segm, segmentation: undefined, keypoints: [] }], ['results[0] keypoints has 0 numbers']],
    ['[{"image_id":1,"category_id":3,"bbox":[1,2,3,4],"score":NaN}]', ['JSON has no NaN']],
    ['[{"image_id":1,"category_id":3,"bbox":[1,2,3,Infinity],"score":1}]', ['JSON has no Infinity']],
    [
      '[{"image_id":1,"category_id":3,"bbox":[1,2,3,4],"score":1e999}]',
      ['results[0] score wants a finite number, got Infinity'],
    ],
    ['[{"image_id":1,"category_id":3,"bbox":[1,2,3,4],"score":.5}]', ['[0] is not JSON']],
    ['[{"image_id":1,"bbox":[1,2,3,4],"score":0.5}]', ['results[0] category_id wants']],
    ['[{"image_id":1,"image_id":2,"bbox":[1,2,3,4],"score":0.5}]', ['[0] has the key "image_id" twice']],
    ['[{"image_id":1,"category_id":3,"bbox":[1,2,3,4],"score":0.5,"score":1}]', ['[0] has the key "score" twice']],
    ['[{"image_id":1,"category_id":3,"bbox":[1,2,3,4],"score":0.5},]', ['[1] is not JSON']],
    ['[{"image_id":1,"category_id":3,"bbox":[1,2,3,4],"score":0.5}', ['ends after 60 bytes']],
  ];
  for (const [content, parts] of odd) {
    const path = fileOf(content as object);
    await failsWith('BAD_RESULTS', [path, ...parts], () => gt.loadRes(path));
    if (typeof content !== 'string') {
      const known = content === dataset ? ['results want a list or a path, got {'] : parts;
      await failsWith('BAD_RESULTS', known, () => gt.loadRes(content as CocoResult[]));
    }
  }
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    await failsWith('BAD_RESULTS', ['results[0] score wants', String(value)], () =>
      gt.loadRes([{ ...result, score: value }] as unknown as CocoResult[]),
    );
    await failsWith('BAD_RESULTS', ['results[0] bbox wants'], () =>
      gt.loadRes([{ ...result, bbox: [1, 2, value, 4] }] as unknown as CocoResult[]),
    );
  }
  for (const value of [undefined, null, 5]) {
    await failsWith('BAD_RESULTS', ['results want a list or a path'], () =>
      gt.loadRes(value as unknown as CocoResult[]),
    );
  }
  await failsWith('FILE_NOT_FOUND', ['nowhere.json'], () => gt.loadRes(join(folder, 'nowhere.json')));
});

test('ids that JSON.parse rounds are refused wherever they stand, with the limit', async () => {
  const limit = '9007199254740991 (2^53 − 1)';
  const big = 9007199254740993n;
  /** A file's text in which every `'big'` is the number. */
  const textOf = (content: object) => JSON.stringify(content).replaceAll('"big"', String(big));
  const annotationFiles: readonly [content: object, place: string][] = [
    [{ ...dataset, images: [{ ...image, id: 'big' }] }, 'images[0].id'],
    [{ ...dataset, categories: [{ id: 'big', name: 'dog' }] }, 'categories[0].id'],
    [{ ...dataset, annotations: [{ ...annotations[0], id: 'big' }] }, 'annotations[0].id'],
    [{ ...dataset, annotations: [{ ...annotations[0], image_id: 'big' }] }, 'annotations[0].image_id'],
    [{ ...dataset, annotations: [{ ...annotations[0], category_id: 'big' }] }, 'annotations[0].category_id'],
  ];
  for (const [content, place] of annotationFiles) {
    const path = fileOf(textOf(content));
    await failsWith('BAD_DATASET', [path, place, limit], () => COCO.load(path));
  }
  const gt = new COCO(dataset as unknown as CocoDataset);
  for (const field of ['image_id', 'category_id']) {
    const path = fileOf(textOf([result, { ...result, [field]: 'big' }]));
    await failsWith('BAD_RESULTS', [`${path}: results[1] ${field}`, limit], () => gt.loadRes(path));
  }
  // The largest exact one, below none, and texts are ids as any other.
  for (const id of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, String(big)]) {
    const own = { images: [{ ...image, id }], categories, annotations: [{ ...annotations[0], image_id: id }] };
    near(evaluate(own, [{ ...result, image_id: id }])[0], 1, 'AP');
  }
});

test('results that do not fit the type of evaluation', async () => {
  const run = (found: object, type: IouType) => () => evaluate(dataset, [found], type);
  await failsWith('BAD_RESULTS', ['results[0]: keypoints wants 51 numbers', 'got none'], run(result, 'keypoints'));
  await failsWith(
    'BAD_RESULTS',
    ['results[0]: keypoints wants 51', 'got 3'],
    run({ ...result, keypoints: [1, 2, 1] }, 'keypoints'),
  );
  await failsWith(
    'BAD_RESULTS',
    ['results[0] of image 1: segmentation'],
    run({ ...result, segmentation: 'x' }, 'segm'),
  );
  await failsWith('BAD_RESULTS', ['results[0] of image 1: segmentation'], run({ ...result, segmentation: 5 }, 'segm'));
});

test('files that were cut anywhere', async () => {
  const random = new Random(3);
  const whole = JSON.stringify(dataset, null, 1);
  const list = JSON.stringify(results, null, 1);
  const gt = new COCO(dataset as unknown as CocoDataset);
  for (let i = 0; i < 50; i++) {
    const [a, b] = [random.integer(whole.length), random.integer(list.length)];
    const [path, code] = [fileOf(whole.slice(0, a)), 'BAD_DATASET'] as const;
    await failsWith(code, [path, a ? `ends after ${a} bytes` : 'is empty'], () => COCO.load(path));
    fileOf(list.slice(0, b));
    await failsWith('BAD_RESULTS', [path, b ? `ends after ${b} bytes` : 'is empty'], () => gt.loadRes(path));
  }
});

/** Any one value in a tree of JSON put in the place of another, or left out. */
function spoiled(value: unknown, random: Random): unknown {
  const odd = [null, 'x', '5', -1, 0, 1e308, Number.NaN, 1.5, true, [], {}, [[]], [null], 2 ** 53, '', undefined];
  const isTree = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isTree || random.uniform() < 0.12) return odd[random.integer(odd.length)];
  const keys = Object.keys(value);
  const key = keys[random.integer(keys.length)];
  const changed = spoiled((value as Record<string, unknown>)[key], random);
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === key ? changed : item));
  return { ...value, [key]: changed };
}

test('one odd value anywhere gives an error for the user or numbers, never a crash', () => {
  const random = new Random(4);
  const found = [
    [{ ...result, keypoints, segmentation: mask }, results[1]],
    [{ image_id: 1, category_id: 3, score: 0.5, segmentation: mask }],
    [{ image_id: 1, category_id: 3, score: 0.5, keypoints }],
  ];
  const outcomes = { fine: 0, refused: 0 };
  for (let i = 0; i < 2000; i++) {
    const type = (['bbox', 'segm', 'keypoints'] as const)[i % 3];
    const isDataset = random.uniform() < 0.5;
    const results = found[random.integer(3)];
    const input = isDataset ? [spoiled(dataset, random), results] : [dataset, spoiled(results, random)];
    try {
      const numbers = evaluate(input[0] as Json, input[1] as Json, type);
      for (const number of numbers) assert.ok(number === -1 || (number >= 0 && number <= 1), `${number}`);
      outcomes.fine++;
    } catch (error) {
      const shown = `${type} ${JSON.stringify(input)}: ${(error as Error).stack}`;
      assert.instance(error, ResnetCocoError, shown);
      assert.match((error as Error).message, /data set|annotation|results|no such file/, shown);
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.fine > 200 && outcomes.refused > 200, JSON.stringify(outcomes));
});

test.run();

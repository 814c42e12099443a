import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoDataset, CocoResult } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { COCO } from '../../../eval/coco/coco.ts';
import { COCOeval } from '../../../eval/cocoeval/coco-eval.ts';
import { pairwiseSum } from '../../../eval/cocoeval/pairwise-sum.ts';
import type { Params } from '../../../eval/cocoeval/params.ts';
import { LVISeval } from '../../../eval/lvis/lvis-eval.ts';
import type { LvisDataset } from '../../../eval/lvis/lvis-format.ts';
import { Random } from '../../../io/random.ts';
import { digest, near, readFixture } from '../cocoeval/coco-cases.ts';

/** A case of `lvis_eval.py`. */
interface LvisCase {
  readonly type: 'bbox' | 'segm';
  readonly gt: LvisDataset;
  readonly dt: readonly CocoResult[];
  readonly params: Partial<Params>;
  readonly expected: {
    readonly results: Readonly<Record<string, number>>;
    /** Of precision and recall. */
    readonly sums: readonly number[];
    readonly digest: string;
  };
}

const cases = readFixture<LvisCase[]>('lvis_eval.json.gz');

function evaluated({ dt, gt, params, type }: Pick<LvisCase, 'dt' | 'gt' | 'params' | 'type'>): LVISeval {
  const lvis = new COCO(gt);
  const e = new LVISeval(lvis, lvis.loadRes(dt), type);
  Object.assign(e.params, params);
  e.run();
  return e;
}

test("precision, recall and results of 60 federated data sets equal LVIS' rules written anew", () => {
  assert.is(cases.length, 60);
  cases.forEach((one, i) => {
    const { expected } = one;
    const e = evaluated(one);
    const { precision, recall } = e.eval!;
    near(pairwiseSum(precision.data), expected.sums[0], `case ${i}: sum of precision`);
    near(pairwiseSum(recall.data), expected.sums[1], `case ${i}: sum of recall`);
    assert.is(
      digest([...precision.data, ...recall.data]),
      expected.digest,
      `case ${i}: digest of precision and recall`,
    );
    assert.equal(Object.keys(e.results), Object.keys(expected.results), `case ${i}: names of results`);
    for (const [name, value] of Object.entries(expected.results)) near(e.results[name], value, `case ${i}: ${name}`);
  });
});

test("results are printed in lvis-api's format", () => {
  const lines: string[] = [];
  evaluated(cases[5]).printResults((line) => lines.push(line));
  const [precision, recall] = [' Average Precision  (AP) @[ IoU=', ' Average Recall     (AR) @[ IoU='];
  assert.equal(lines, [
    `${precision}0.50:0.95 | area=   all | maxDets=300 catIds=all] = 0.300`,
    `${precision}0.50      | area=   all | maxDets=300 catIds=all] = 0.500`,
    `${precision}0.75      | area=   all | maxDets=300 catIds=all] = 0.334`,
    `${precision}0.50:0.95 | area=     s | maxDets=300 catIds=all] = -1.000`,
    `${precision}0.50:0.95 | area=     m | maxDets=300 catIds=all] = 0.476`,
    `${precision}0.50:0.95 | area=     l | maxDets=300 catIds=all] = 0.400`,
    `${precision}0.50:0.95 | area=   all | maxDets=300 catIds=  r] = -1.000`,
    `${precision}0.50:0.95 | area=   all | maxDets=300 catIds=  c] = 0.300`,
    `${precision}0.50:0.95 | area=   all | maxDets=300 catIds=  f] = -1.000`,
    `${recall}0.50:0.95 | area=   all | maxDets=300 catIds=all] = 0.625`,
    `${recall}0.50:0.95 | area=     s | maxDets=300 catIds=all] = -1.000`,
    `${recall}0.50:0.95 | area=     m | maxDets=300 catIds=all] = 0.625`,
    `${recall}0.50:0.95 | area=     l | maxDets=300 catIds=all] = 0.400`,
  ]);
});

/** Objects and detections at random, all of which LVIS and COCO see alike. */
function plainCase(random: Random): { readonly gt: LvisDataset; readonly dt: readonly CocoResult[] } {
  const ids = [1, 2, 3, 4];
  const categories = ids.map((id) => ({ id, name: `c${id}`, frequency: (['r', 'c', 'f'] as const)[id % 3] }));
  const images = ids.map((id) => ({
    ...{ id, file_name: `${id}.jpg`, width: 200, height: 200 },
    ...{ neg_category_ids: ids, not_exhaustive_category_ids: [] },
  }));
  const box = () => [random.integer(99), random.integer(99), 1 + random.integer(99), 1 + random.integer(99)] as const;
  const some = () => ({ image_id: 1 + random.integer(4), category_id: 1 + random.integer(4), bbox: box() });
  const annotations = Array.from({ length: 40 }, (_, i) => {
    const one = some();
    return { ...one, id: i + 1, area: one.bbox[2] * one.bbox[3], iscrowd: 0 as const };
  });
  const dt = Array.from({ length: 250 }, () => {
    const { bbox, category_id, image_id } = random.uniform() < 0.5 ? annotations[random.integer(40)] : some();
    const near = [bbox[0] + random.integer(9), bbox[1] + random.integer(9), bbox[2], bbox[3]] as const;
    return { image_id, category_id, bbox: near, score: random.integer(50) / 50 };
  });
  return { gt: { images, annotations, categories }, dt };
}

test('where every image tells of every category, all of it, and has no crowds, LVIS gives what COCO gives', () => {
  const random = new Random(8);
  for (let i = 0; i < 8; i++) {
    const { dt, gt } = plainCase(random);
    const lvis = evaluated({ gt, dt, params: {}, type: 'bbox' });
    const coco = new COCO(gt);
    const e = new COCOeval(coco, coco.loadRes(dt), 'bbox');
    e.params.maxDets = [300];
    e.evaluate();
    e.accumulate();
    assert.equal(lvis.eval!.precision, e.eval!.precision);
    assert.equal(lvis.eval!.recall, e.eval!.recall);
    assert.ok(lvis.results.AP > 0.05, String(lvis.results.AP));
  }
});

const one = { image_id: 1, category_id: 1, bbox: [0, 0, 10, 10] } as const;
const base = {
  images: [
    { id: 1, file_name: '1.jpg', width: 50, height: 50, neg_category_ids: [2], not_exhaustive_category_ids: [3] },
  ],
  annotations: [1, 3].map((category_id, i) => ({ ...one, category_id, id: i + 1, area: 100, iscrowd: 0 as const })),
  categories: [1, 2, 3, 4].map((id) => ({ id, name: `c${id}`, frequency: 'f' as const })),
};
const missed = [20, 20, 9, 9] as const;

/** AP of the boxes with these found besides, all of them better than the two that are right. */
function withFound(...more: readonly object[]): number {
  const right = base.annotations.map(({ bbox, category_id, image_id }) => ({
    image_id,
    category_id,
    bbox,
    score: 0.5,
  }));
  const dt = [...right, ...more.map((result) => ({ ...one, bbox: missed, score: 0.9, ...result }))];
  return evaluated({ gt: base, dt, params: {}, type: 'bbox' }).results.AP;
}

test('which detections count', () => {
  near(withFound(), 1, 'AP');
  near(withFound({ category_id: 1 }), 0.75, 'a wrong one of a category with objects counts');
  near(withFound({ category_id: 4 }), 1, 'the image tells nothing of category 4');
  near(withFound({ category_id: 3 }), 1, 'category 3 is not exhaustive');
  near(withFound({ category_id: 1, bbox: [5, 5, 0, 5] }), 1, 'a box without an area is left out');
  const many = Array.from({ length: 299 }, () => ({ category_id: 4 }));
  near(withFound(...many), 0.5, 'the limit is of the image, with categories that are left out');
});

test('objects: crowds are none, ignored ones do not count, a category is known by its objects or as negative', () => {
  const gt = { ...base, annotations: base.annotations.map((object) => ({ ...object, iscrowd: 1 as const })) };
  const dt = [0.9, 0.8].map((score) => ({ ...one, score, bbox: [0, 0, 10, 5] as const }));
  const of = (dataset: LvisDataset) =>
    evaluated({ gt: dataset, dt, params: { catIds: [1], iouThrs: [0.5] }, type: 'bbox' });
  near(of(gt).results.AP, 1, 'a crowd is an object');
  near(
    of({ ...gt, annotations: [{ ...gt.annotations[0], ignore: 1 }] }).results.AP,
    -1,
    'nothing but an ignored object',
  );
});

test('what an LVIS data set must have is named', () => {
  const fails = (change: object, params: Partial<Params> = {}): ResnetCocoError => {
    try {
      evaluated({ gt: { ...base, ...change } as LvisDataset, dt: [{ ...one, score: 1 }], params, type: 'bbox' });
    } catch (error) {
      assert.instance(error, ResnetCocoError, (error as Error).stack);
      return error as ResnetCocoError;
    }
    throw new Error('nothing was thrown');
  };
  const image = base.images[0];
  for (const field of ['neg_category_ids', 'not_exhaustive_category_ids']) {
    for (const value of [undefined, null, 5, 'x', ['1'], {}]) {
      const error = fails({ images: [{ ...image, [field]: value }] });
      assert.is(error.code, 'BAD_DATASET');
      assert.match(
        error.message,
        value === undefined ? `image 1 has no ${field}` : `image 1 has the ${field} ${JSON.stringify(value)}`,
      );
    }
  }
  for (const frequency of [undefined, null, 'x', 1]) {
    const error = fails({ categories: [...base.categories.slice(1), { id: 1, name: 'c1', frequency }] });
    assert.is(error.code, 'BAD_DATASET');
    assert.match(
      error.message,
      frequency === undefined
        ? 'category 1 has no frequency'
        : `category 1 has the frequency ${JSON.stringify(frequency)}`,
    );
  }
  assert.match(fails({}, { catIds: [1, 9] }).message, 'category 9 is not in the data set');
  assert.match(
    fails({ annotations: [{ ...base.annotations[0], area: undefined }] }).message,
    'annotation 1 of image 1 has no area',
  );
  const limits = fails({}, { maxDets: [1, 10, 100] });
  assert.is(limits.code, 'BAD_CONFIG');
  assert.match(limits.message, 'params.maxDets of LVIS wants one limit, such as [300], got [1,10,100]');
  const plain = new COCO(base as unknown as CocoDataset);
  const e = new LVISeval(plain, plain.loadRes([]));
  assert.throws(() => e.accumulate(), /nothing is evaluated/);
  assert.throws(() => e.summarize(), /nothing is accumulated/);
});

test('no results: 0 where there are objects', () => {
  const e = evaluated({ gt: base, dt: [], params: {}, type: 'segm' });
  assert.equal(Object.values(e.results), [0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, -1, -1]);
});

test.run();

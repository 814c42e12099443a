import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoAnnotation, CocoResult } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { COCO } from '../../../eval/coco/coco.ts';
import { COCOeval } from '../../../eval/cocoeval/coco-eval.ts';
import type { EvalImage } from '../../../eval/cocoeval/eval-images.ts';
import { pairwiseSum } from '../../../eval/cocoeval/pairwise-sum.ts';
import type { IouType } from '../../../eval/cocoeval/params.ts';
import { decimals } from '../../../eval/cocoeval/summary.ts';
import { hasShared, sharedData } from '../../shared-data.ts';
import { type CocoCase, digest, near, readFixture, sameArrays } from './coco-cases.ts';

const cases = readFixture<CocoCase[]>('coco_eval.json.gz');

function evaluated({ dt, gt, params, type }: CocoCase): COCOeval {
  const coco = new COCO(gt);
  const e = new COCOeval(coco, coco.loadRes(dt), type);
  Object.assign(e.params, params);
  e.evaluate();
  return e;
}

/** All numbers of `evalImgs`, in the order of the fixture. */
function imageNumbers(images: readonly (EvalImage | undefined)[], imgIds: readonly unknown[]): number[] {
  const order = new Map(imgIds.map((id, rank) => [id, rank]));
  return images.flatMap((image) => {
    if (!image) return [-1];
    const { dtIds, dtIgnore, dtMatches, dtScores, gtIds, gtIgnore, gtMatches } = image;
    return [
      ...[order.get(image.image_id)!, image.category_id, ...image.aRng, image.maxDet, dtIds.length, gtIds.length],
      ...[dtIds, gtIds, dtMatches.flat(), gtMatches.flat(), dtScores].flat(),
      ...[gtIgnore, dtIgnore.flat()].flat().map(Number),
    ];
  });
}

for (const type of ['bbox', 'segm', 'keypoints'] as const) {
  const chosen = cases.map((one, i) => ({ ...one, name: `${type} case ${i}` })).filter((one) => one.type === type);

  test(`${type}: similarity, matches, precision, recall, scores and stats of 200 cases equal pycocotools'`, () => {
    assert.is(chosen.length, 200);
    for (const one of chosen) {
      const { expected, name } = one;
      const e = evaluated(one);
      const { params } = e;
      const ious = params.imgIds.flatMap((image) =>
        (params.useCats ? params.catIds : [-1]).flatMap((category) => e.computeIoU(image, category).flat()),
      );
      assert.is(ious.length, expected.ious.count, `${name}: number of similarities`);
      if (type === 'keypoints') near(pairwiseSum(ious), expected.ious.sum, `${name}: sum of similarities`);
      else assert.is(digest(ious), expected.ious.digest, `${name}: digest of similarities`);
      assert.is(digest(imageNumbers(e.evalImgs, params.imgIds)), expected.images, `${name}: digest of evalImgs`);
      e.accumulate();
      sameArrays(e.eval!, expected.all, name);
      if (expected.stats) {
        const lines: string[] = [];
        e.summarize((line) => lines.push(`${line}\n`));
        assert.equal(e.stats, expected.stats, `${name}: stats`);
        assert.is(digest(lines.join('')), expected.lines, `${name}: printed\n${lines.join('')}`);
      }
    }
  });

  test(`${type}: accumulate with a part of the settings equals pycocotools'`, () => {
    for (const one of chosen) {
      const { part } = one.expected;
      if (!part) continue;
      const e = evaluated(one);
      const params = Object.assign(e.params.copy(), part.params);
      e.accumulate(params);
      sameArrays(e.eval!, part, one.name);
    }
  });
}

for (const name of ['val2014-100', 'val2017-79']) {
  const has = hasShared('coco-eval');
  (has ? test : test.skip)(`${name}: stats and sums over precision, recall and scores equal pycocotools'`, async () => {
    const folder = join(sharedData, 'coco-eval', name);
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
      IouType,
      ExpectedOfFiles
    >;
    for (const [type, one] of Object.entries(expected)) {
      const gt = await COCO.load(join(folder, one.annotations));
      const e = new COCOeval(gt, gt.loadRes(join(folder, one.detections)), type as IouType);
      e.evaluate();
      e.accumulate();
      e.summarize(() => {});
      assert.equal(e.stats, one.stats, `${type}: stats`);
      const { counts, precision, recall, scores } = e.eval!;
      assert.equal(type === 'keypoints' ? counts.slice(2) : counts, type === 'keypoints' ? [1, 3, 1] : one.shape);
      near(pairwiseSum(precision.data), one.precision_sum, `${type}: sum of precision`);
      near(pairwiseSum(recall.data), one.recall_sum, `${type}: sum of recall`);
      near(pairwiseSum(scores.data), one.scores_sum, `${type}: sum of scores`);
    }
  });
}

interface ExpectedOfFiles {
  readonly annotations: string;
  readonly detections: string;
  readonly stats: readonly number[];
  readonly shape: readonly number[];
  readonly precision_sum: number;
  readonly recall_sum: number;
  readonly scores_sum: number;
}

const image = { id: 1, file_name: '1.jpg', width: 100, height: 80 };
const object = { id: 7, image_id: 1, category_id: 3, bbox: [10, 10, 40, 40], area: 1600, iscrowd: 0 } as const;
const categories = [3, 4].map((id) => ({ id, name: `category ${id}` }));
const found = { image_id: 1, category_id: 3, bbox: [10, 10, 40, 40], score: 0.9 } as const;

function evaluationOf(annotations: readonly object[], results: readonly object[], type: IouType = 'bbox'): COCOeval {
  const gt = new COCO({ images: [image], annotations: annotations as CocoAnnotation[], categories });
  return new COCOeval(gt, gt.loadRes(results as CocoResult[]), type);
}

function stats(e: COCOeval): readonly number[] {
  e.evaluate();
  e.accumulate();
  e.summarize(() => {});
  return e.stats;
}

function failure(action: () => unknown): ResnetCocoError {
  try {
    action();
  } catch (error) {
    assert.instance(error, ResnetCocoError, String((error as Error).stack));
    return error as ResnetCocoError;
  }
  throw new Error('nothing was thrown');
}

test('no results: every precision and recall is 0, and -1 where there are no objects', () => {
  assert.equal(stats(evaluationOf([object], [])), [0, 0, 0, -1, 0, -1, 0, 0, 0, -1, 0, -1]);
  assert.equal(stats(evaluationOf([], [found])), Array(12).fill(-1));
  assert.equal(stats(evaluationOf([], [])), Array(12).fill(-1));
});

test('an annotation with the id 0 counts as any other', () => {
  const zero = evaluationOf([{ ...object, id: 0 }], [found]);
  assert.equal(stats(zero), stats(evaluationOf([object], [found])));
  near(zero.stats[0], 1, 'AP');
  assert.equal(zero.evalImgs[0]?.dtMatches[0], [0]);
  assert.equal(zero.evalImgs[0]?.dtIgnore[0], [false]);
});

test('accumulate follows the categories, images and areas it is given, wherever they stand among those evaluated', () => {
  for (const one of cases.filter(
    ({ gt, params, type }) => type === 'bbox' && gt.categories.length > 1 && !params.catIds,
  )) {
    const all = evaluated(one);
    const params = Object.assign(all.params.copy(), { catIds: all.params.catIds.slice(1) });
    params.imgIds = params.imgIds.slice(-1);
    [params.areaRng, params.areaRngLbl] = [params.areaRng.slice(-1), params.areaRngLbl.slice(-1)];
    all.accumulate(params);
    const part = new COCOeval(all.cocoGt, all.cocoDt, 'bbox');
    part.params = params;
    part.evaluate();
    part.accumulate();
    assert.equal(all.eval!.precision, part.eval!.precision);
    assert.equal(all.eval!.recall, part.eval!.recall);
  }
});

test('summarize reads what was accumulated, not what was evaluated', () => {
  const e = evaluationOf([object, { ...object, id: 8, bbox: [60, 10, 30, 30] }], [found]);
  e.evaluate();
  const params = Object.assign(e.params.copy(), { maxDets: [1, 2, 100], iouThrs: [0.5] });
  e.accumulate(params);
  const lines: string[] = [];
  e.summarize((line) => lines.push(line));
  assert.is(e.stats[6], 0.5);
  assert.match(lines[7], 'IoU=0.50:0.50 | area=   all | maxDets=  2 ] = 0.500');
  assert.equal(
    e.perCategory.map(({ AP }) => AP.toFixed(4)),
    ['0.5050', '-1.0000'],
  );
});

test('half-way numbers are printed with the even digit, as Python does', () => {
  const values = [0.0625, 0.1875, 0.3125, 0.5, 0.8125, 0.9375, 1 / 3, -1, 0.0005, 0.12345];
  const printed = ['0.062', '0.188', '0.312', '0.500', '0.812', '0.938', '0.333', '-1.000', '0.001', '0.123'];
  assert.equal(
    values.map((value) => decimals(value, 3)),
    printed,
  );
  assert.equal(
    [0.125, 0.375, 0.55].map((value) => decimals(value, 2)),
    ['0.12', '0.38', '0.55'],
  );
});

test('keypoints of all categories as one are matched (pycocotools matches none)', () => {
  const keypoints = Array.from({ length: 17 }, () => [20, 20, 2]).flat();
  const e = evaluationOf(
    [{ ...object, keypoints, num_keypoints: 17 }],
    [{ ...found, category_id: 4, keypoints }],
    'keypoints',
  );
  assert.is(stats(e)[0], 0);
  e.params.useCats = 0;
  near(stats(e)[0], 1, 'AP');
});

test('boxes beyond every image are named, of objects and of results', () => {
  const most = 429_496_729;
  const within = { ...object, bbox: [-most, -most, most, most] };
  const e = evaluationOf([within], [{ ...found, bbox: within.bbox }]);
  stats(e);
  assert.equal(e.computeIoU(1, 3), [[1]]);
  for (const value of [1e300, -1e308, most + 1, 1e10, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (let side = 0; side < 4; side++) {
      const bbox = [1, 2, 3, 4].with(side, value);
      const far = { ...object, id: 8, bbox };
      const ofObjects = failure(() => stats(evaluationOf([object, far], [found])));
      assert.match(ofObjects.message, /^annotation 8 of image 1 has the bbox \[/);
      if (Number.isFinite(value)) assert.match(ofObjects.message, 'numbers from -429496729 to 429496729');
      // What a detector gives may lie anywhere, as long as its area is a number.
      const ofResults = () => evaluationOf([object], [found, { ...found, bbox }]);
      if (Math.abs(value) <= 1e150) ofResults();
      else
        assert.match(failure(ofResults).message, /^results\[1\] bbox wants (finite|numbers from -1e\+150 to 1e\+150)/);
      // Annotations in the place of results.
      assert.match(
        failure(() => stats(new COCOeval(evaluationOf([object], []).cocoGt, evaluationOf([far], []).cocoGt, 'bbox')))
          .message,
        'annotation 8',
      );
    }
  }
  const arealess = { ...object, area: 1e300 };
  assert.match(failure(() => stats(evaluationOf([arealess], [found]))).message, 'has the area 1e+300');
  const segmentation = [[0, 0, 9, 0, 9, 1e300]];
  const drawn = failure(() => stats(evaluationOf([{ ...object, segmentation }], [], 'segm')));
  assert.match(drawn.message, 'has the segmentation [[0,0,9,0,9,1e+300]]');
  const keypoints = Array.from({ length: 17 }, () => [20, 1e300, 2]).flat();
  const pointed = failure(() => stats(evaluationOf([{ ...object, keypoints }], [], 'keypoints')));
  assert.match(pointed.message, 'has the keypoints [20,1e+300');
  assert.match(
    failure(() => evaluationOf([object], [{ ...found, keypoints }])).message,
    /results\[0\] keypoints wants/,
  );
});

test('what cannot be evaluated is named', () => {
  const fails = (change: (e: COCOeval) => void) =>
    failure(() => {
      const e = evaluationOf([object], [found]);
      change(e);
      stats(e);
    });
  for (const name of ['iouThrs', 'recThrs', 'maxDets', 'areaRng'] as const) {
    const error = fails((e) => Object.assign(e.params, { [name]: [] }));
    assert.is(error.code, 'BAD_CONFIG');
    assert.match(error.message, `params.${name} is empty`);
  }
  assert.match(
    fails((e) => Object.assign(e.params, { areaRngLbl: ['all'] })).message,
    'params.areaRngLbl names 1 ranges',
  );
  assert.match(fails((e) => Object.assign(e.params, { maxDets: [100] })).message, 'params.maxDets wants three limits');
  const e = evaluationOf([object], [found]);
  assert.throws(() => e.accumulate(), /nothing is evaluated/);
  assert.throws(() => e.summarize(), /nothing is accumulated/);
});

test.run();

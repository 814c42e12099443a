import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { analyzeDetections } from '../../../eval/analysis/detection-analysis.ts';
import { COCO, COCOeval } from '../../../eval/index.ts';
import { hasShared, sharedData } from '../../shared-data.ts';
import { evaluated, evaluatedCase, randomCases } from './random-cases.ts';

test('is plain data that survives JSON', () => {
  const analysis = analyzeDetections(evaluatedCase(randomCases[0]));
  assert.equal(JSON.parse(JSON.stringify(analysis)), analysis);
});

test('tells of each category what COCOeval tells', () => {
  for (const one of randomCases) {
    const e = evaluatedCase(one);
    e.summarize(() => {});
    const { best, categories, confusion, stats } = analyzeDetections(e);
    assert.equal(
      categories.map(({ id, name, AP }) => ({ id, name, AP })),
      e.perCategory,
    );
    assert.equal(Object.values(stats), [...e.stats]);
    assert.is(confusion.score, best!.threshold);
    for (const { id, objects, detections } of categories) {
      const ofIt = (list: readonly { readonly category_id: number }[]) =>
        list.filter(({ category_id }) => category_id === id);
      assert.is(objects, ofIt(one.dataset.annotations.filter(({ iscrowd }) => !iscrowd)).length);
      if (one.maxDets === 100) assert.is(detections, ofIt(one.results).length);
    }
  }
});

test('the worst images come first, with every object and detection judged', () => {
  for (const one of randomCases) {
    const { worstImages } = analyzeDetections(evaluatedCase(one), { score: 0.3 });
    let last = Number.POSITIVE_INFINITY;
    for (const { boxes, falseAlarms, id, missed, objects } of worstImages) {
      assert.ok(missed + falseAlarms <= last && missed + falseAlarms > 0);
      last = missed + falseAlarms;
      const real = one.dataset.annotations.filter(({ image_id, iscrowd }) => image_id === id && !iscrowd);
      assert.equal(
        boxes.objects.map(({ bbox }) => bbox),
        real.map(({ bbox }) => bbox),
      );
      assert.is(objects, real.length);
      assert.is(boxes.objects.filter(({ right }) => !right).length, missed);
      assert.is(boxes.detections.filter(({ right }) => !right).length, falseAlarms);
      assert.is(boxes.detections.length - falseAlarms, objects - missed);
      for (const { score } of boxes.detections) assert.ok(score! > 0.3);
    }
  }
});

test('categories that are not told apart are one', () => {
  const one = randomCases[0];
  const e = evaluated(one.dataset, one.results, 'bbox', undefined, ({ params }) => {
    params.useCats = 0;
  });
  const { categories, confusion, errors } = analyzeDetections(e);
  assert.equal(
    categories.map(({ id, name }) => [id, name]),
    [[-1, 'all categories']],
  );
  assert.is(confusion.matrix.length, 2);
  assert.is(errors.errors.classification.count, 0);
  assert.is(errors.AP, categories[0].AP50);
});

test('only images and categories that are evaluated count', () => {
  const one = randomCases[10];
  const part = evaluated(one.dataset, one.results, 'bbox', undefined, ({ params }) => {
    [params.imgIds, params.catIds] = [
      [2, 3, 5],
      [2, 7],
    ];
  });
  const dataset = {
    ...one.dataset,
    images: one.dataset.images.filter(({ id }) => [2, 3, 5].includes(id as number)),
    categories: one.dataset.categories.filter(({ id }) => [2, 7].includes(id)),
  };
  const kept = <T extends { readonly image_id: number | string; readonly category_id: number }>(list: readonly T[]) =>
    list.filter(({ image_id, category_id }) => [2, 3, 5].includes(image_id as number) && [2, 7].includes(category_id));
  const alone = evaluated({ ...dataset, annotations: kept(one.dataset.annotations) }, kept(one.results));
  assert.equal(analyzeDetections(part), analyzeDetections(alone));
});

test('an evaluation that is not finished cannot be analyzed', () => {
  const gt = new COCO(randomCases[0].dataset);
  const e = new COCOeval(gt, gt.loadRes(randomCases[0].results), 'bbox');
  assert.throws(() => analyzeDetections(e), /accumulate/);
});

const real = 'coco-eval/val2017-79';
for (const [type, annotations, results] of [
  ['bbox', 'instances_val2017.json', 'bbox_results.json'],
  ['segm', 'instances_val2017.json', 'segm_results.json'],
  ['keypoints', 'person_keypoints_val2017.json', 'keypoints_results.json'],
] as const) {
  (hasShared(real) ? test : test.skip)(`genuine annotations: ${type}`, async () => {
    const gt = await COCO.load(join(sharedData, real, annotations));
    const e = new COCOeval(gt, gt.loadRes(join(sharedData, real, results)), type);
    e.evaluate();
    e.accumulate();
    const { categories, errors, stats } = analyzeDetections(e);
    assert.ok(Math.abs(errors.AP - stats.AP50) < 1e-12);
    const alarms = Object.entries(errors.errors).filter(([name]) => name !== 'missed');
    assert.is(
      alarms.reduce((sum, [, { count }]) => sum + count, 0),
      errors.falsePositives.count,
    );
    if (type === 'keypoints') {
      assert.equal(
        categories.map(({ APs, name }) => [name, APs]),
        [['person', -1]],
      );
    }
  });
}

test.run();

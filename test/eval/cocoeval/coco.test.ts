import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoAnnotation, CocoDataset, CocoResult } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { type AnnotationFilter, type CategoryFilter, COCO, type ImageFilter } from '../../../eval/coco/coco.ts';
import { fixturesDir } from '../../shared-data.ts';

interface Answer<F> {
  readonly filter: F;
  readonly ids: readonly number[];
}
interface Expected {
  readonly dataset: CocoDataset;
  readonly answers: {
    readonly getAnnIds: readonly Answer<AnnotationFilter>[];
    readonly getCatIds: readonly Answer<CategoryFilter>[];
    readonly getImgIds: readonly Answer<ImageFilter>[];
  };
  readonly results: Readonly<Record<'bbox' | 'segmentation' | 'keypoints', readonly CocoResult[]>>;
  readonly loaded: Readonly<
    Record<string, readonly { readonly id: number; readonly area: number; readonly bbox: readonly number[] }[]>
  >;
  readonly masks: readonly { readonly size: readonly number[]; readonly counts: string; readonly sha1: string }[];
}

const expected = JSON.parse(readFileSync(join(fixturesDir, 'coco_api.json'), 'utf8')) as Expected;
const gt = new COCO(expected.dataset);
const folder = mkdtempSync(join(tmpdir(), 'coco-'));
test.after(() => rmSync(folder, { recursive: true }));

const ascending = (ids: readonly (number | string)[]) => [...ids].sort((a, b) => Number(a) - Number(b));

test("ids by filters equal pycocotools'", () => {
  const { getAnnIds, getCatIds, getImgIds } = expected.answers;
  for (const { filter, ids } of getAnnIds) assert.equal(gt.getAnnIds(filter), ids, JSON.stringify(filter));
  for (const { filter, ids } of getCatIds) assert.equal(gt.getCatIds(filter), ids, JSON.stringify(filter));
  for (const { filter, ids } of getImgIds) assert.equal(ascending(gt.getImgIds(filter)), ids, JSON.stringify(filter));
});

test('entries by id, in the order asked for; an id that there is not is an error', () => {
  const { annotations, categories, images } = expected.dataset;
  assert.equal(gt.loadAnns([annotations[5].id, annotations[2].id]), [annotations[5], annotations[2]]);
  assert.equal(gt.loadAnns(annotations[0].id), [annotations[0]]);
  assert.equal(gt.loadCats([17, 1]), [categories[2], categories[0]]);
  assert.equal(gt.loadImgs(7), [images[1]]);
  assert.equal(gt.loadImgs([]), []);
  assert.throws(() => gt.loadAnns(5), /there is no annotation 5/);
  assert.throws(() => gt.loadCats([1, 3]), /there is no category 3/);
  assert.throws(() => gt.loadImgs('7'), /there is no image "7"/);
  assert.is(gt.anns.get(annotations[4].id), annotations[4]);
  assert.equal(
    gt.imgToAnns.get(7),
    annotations.filter(({ image_id }) => image_id === 7),
  );
  assert.is(gt.imgToAnns.get(12), undefined);
});

for (const kind of ['bbox', 'segmentation', 'keypoints'] as const) {
  test(`results of ${kind}: ids, areas and boxes equal pycocotools', from a list, a path and a URL`, () => {
    const results = expected.results[kind];
    const path = join(folder, `${kind}.json`);
    writeFileSync(path, JSON.stringify(results));
    for (const source of [results, path, pathToFileURL(path)]) {
      const dt = gt.loadRes(source);
      assert.is(dt.resultKind, kind);
      assert.is(dt.images, gt.images);
      assert.is(dt.categories, gt.categories);
      assert.equal(
        dt.annotations.map(({ area, bbox, id }) => ({ id, area, bbox })),
        expected.loaded[kind],
      );
      assert.equal(
        dt.annotations.map(({ category_id, image_id, keypoints, segmentation }) => ({
          category_id,
          image_id,
          ...(keypoints && { keypoints }),
          ...(segmentation && { segmentation }),
        })),
        results.map(({ bbox: _bbox, score: _score, ...rest }) => rest),
      );
      assert.equal(
        dt.annotations.map((annotation) => (annotation as CocoAnnotation & { score: number }).score),
        results.map(({ score }) => score),
      );
    }
  });
}

test('areas and boxes of keypoints and masks are kept beside each other', () => {
  const [box] = expected.results.bbox;
  const [points] = expected.results.keypoints;
  const [mask] = expected.results.segmentation;
  const all = { ...mask, bbox: box.bbox!, keypoints: points.keypoints! };
  const [asBox] = gt.loadRes([all]).annotations;
  assert.equal([asBox.bbox, asBox.segmentation, asBox.keypoints], [all.bbox, all.segmentation, all.keypoints]);
  assert.is(asBox.area, all.bbox[2] * all.bbox[3]);
  const noBox = { ...all, bbox: [] } as unknown as CocoResult;
  const [asMask] = gt.loadRes([noBox]).annotations;
  assert.equal([asMask.bbox, asMask.keypoints], [expected.loaded.segmentation[0].bbox, all.keypoints]);
});

test("masks of annotations equal pycocotools'", () => {
  expected.dataset.annotations.forEach((annotation, i) => {
    const { counts, sha1, size } = expected.masks[i];
    assert.equal(gt.annToRLE(annotation), { size, counts }, `annotation ${annotation.id}`);
    const mask = gt.annToMask(annotation);
    assert.equal([mask.height, mask.width], size);
    assert.is(createHash('sha1').update(mask.data).digest('hex').slice(0, 12), sha1);
  });
});

test('the mask of a result that is a box is the box; what is no mask is named', () => {
  const [, , third] = expected.results.bbox;
  const dt = gt.loadRes([{ ...third, bbox: [10, 20, 5, 4] }]);
  const { data, height, width } = dt.annToMask(dt.annotations[0]);
  assert.is(
    data.reduce((sum, pixel) => sum + pixel, 0),
    20,
  );
  assert.equal([height, width], [40, 56]);
  for (const segmentation of [[], [[1, 2]], 5, { size: [1, 2] }, { size: [2, 2], counts: [1, 2] }, 'x']) {
    const broken = { ...expected.dataset.annotations[0], segmentation } as unknown as CocoAnnotation;
    assert.throws(
      () => gt.annToRLE(broken),
      (error: unknown) =>
        error instanceof ResnetCocoError &&
        error.code === 'BAD_DATASET' &&
        error.message.startsWith('annotation 1000 of image'),
      JSON.stringify(segmentation),
    );
  }
  const { segmentation: _, bbox: __, ...bare } = expected.dataset.annotations[0];
  assert.throws(() => gt.annToRLE(bare as CocoAnnotation), /annotation 1000 of image \d+: segmentation/);
});

test('a data set from a file, a URL and memory is the same, and comes back as it was', async () => {
  const path = join(folder, 'annotations.json');
  const dataset = { info: { year: 2017 }, ...expected.dataset };
  writeFileSync(path, `\ufeff${JSON.stringify(dataset)}\n`);
  for (const source of [path, pathToFileURL(path), dataset]) {
    const coco = await COCO.load(source);
    assert.equal(coco.dataset, dataset);
    assert.equal(coco.warnings, []);
    assert.equal(coco.table, gt.table);
  }
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keypointLayout } from '../../datasets/index.ts';
import { rleFromBox } from '../../datasets/masks/polygon.ts';
import {
  categoriesByLabel,
  type DetectedFile,
  evaluateDetector,
  nameDetections,
  parseDetectorConfig,
} from '../../detection/index.ts';
import { labelsOf } from '../../detection/training/labels.ts';
import { ResnetCocoError } from '../../errors.ts';
import { COCO, measuresOf } from '../../eval/index.ts';
import { rejects } from '../rejects.ts';

/** The configuration of a detector that was trained on these categories. */
const configOf = (categories: Readonly<Record<number, string>>) =>
  parseDetectorConfig({ architecture: 'fasterrcnn', backbone: 'resnet18', ...labelsOf(listOf(categories)) }, 'test');
const listOf = (categories: Readonly<Record<number, string>>) =>
  Object.entries(categories).map(([id, name]) => ({ id: Number(id), name }));

/** Finds in each file, at one place, each category of its own of which the network has the label. */
const detectorOf = (categories: Readonly<Record<number, string>>, labels: readonly number[]) => {
  const config = configOf(categories);
  const result = {
    boxes: Float32Array.from(labels.flatMap(() => [10, 10, 30, 40])),
    labels: Int32Array.from(labels),
    scores: Float32Array.from(labels, () => 0.5),
  };
  return {
    config,
    async *detectAll(files: Iterable<string>): AsyncGenerator<DetectedFile> {
      for (const file of files) {
        if (file.includes('broken')) yield { file, error: new ResnetCocoError('BAD_IMAGE', file) };
        else
          yield {
            file,
            width: 64,
            height: 48,
            detections: nameDetections(result, categoriesByLabel(config.categories)),
          };
      }
    },
  };
};

/** Two images, each with one object of the category. */
const truth = (categories: Readonly<Record<number, string>>, category_id: number) =>
  new COCO({
    images: [1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 64, height: 48 })),
    annotations: [1, 2].map((id) => ({ id, image_id: id, category_id, bbox: [10, 10, 20, 30], area: 600, iscrowd: 0 })),
    categories: listOf(categories),
  });
const files = new Map([
  [1, '1.jpg'],
  [2, '2.jpg'],
]);

test('a detector keeps the ids of the data set that it was trained on', async () => {
  for (const categories of [
    { 0: 'cat', 1: 'dog' },
    { 1: 'cat', 7: 'dog', 90: 'bird' },
    { '-5': 'cat', 4e9: 'dog' },
  ]) {
    const ids = Object.keys(categories)
      .map(Number)
      .sort((a, b) => a - b);
    const detector = detectorOf(categories, [1, 2]);
    for await (const found of detector.detectAll(['1.jpg'])) {
      assert.ok('detections' in found);
      assert.equal(
        found.detections.map(({ category_id }) => category_id),
        ids.slice(0, 2),
      );
    }
    const { evaluation, leftOut, match, results } = await evaluateDetector(detector, truth(categories, ids[1]), files);
    assert.equal([match.notes, leftOut], [[], 0]);
    assert.equal(
      results.map(({ category_id }) => category_id),
      [ids[0], ids[1], ids[0], ids[1]],
    );
    assert.is(evaluation.perCategory.find(({ id }) => id === ids[1])?.AP, 1);
  }
});

test('an older model, numbered 1, 2, 3, is compared by name', async () => {
  const detector = detectorOf({ 1: 'cat', 2: 'dog', 3: 'bird' }, [2, 3]);
  const notes: string[] = [];
  const gt = truth({ 0: 'cat', 1: 'dog' }, 1);
  const { evaluation, images, leftOut, results } = await evaluateDetector(detector, gt, files, {
    name: 'val.json',
    onMatch: (match) => void notes.push(...match.notes),
  });
  assert.equal(
    results.map(({ category_id }) => category_id),
    [1, 1],
  );
  assert.equal([images, leftOut], [[1, 2], 2]);
  assert.is(measuresOf(evaluation).AP, 1);
  assert.match(
    notes.join('\n'),
    /2 of 2 categories go by name.*\n1 category of the model without a partner in val\.json: 3 'bird'/,
  );
});

test('images that cannot be read, or are none of the data set, do not count', async () => {
  const detector = detectorOf({ 1: 'cat' }, [1]);
  const some = new Map([
    [2, '2.jpg'],
    [1, 'broken.jpg'],
    [9, '9.jpg'],
  ]);
  const seen: unknown[] = [];
  const { evaluation, images } = await evaluateDetector(detector, truth({ 1: 'cat' }, 1), some, {
    onImage: (found, id) => void seen.push([id, 'error' in found]),
  });
  assert.equal(
    [images, seen],
    [
      [2],
      [
        [2, false],
        [1, true],
      ],
    ],
  );
  assert.ok(measuresOf(evaluation).AP > 1 - 1e-9);
});

test('a data set of which the detector knows nothing', async () => {
  const gt = truth({ 5: 'cow' }, 5);
  const evaluated = evaluateDetector(detectorOf({ 1: 'cat' }, [1]), gt, files, { name: 'val.json' });
  await rejects(evaluated, 'BAD_DATASET', /^val\.json: none of its categories .* 1 'cat'.* 5 'cow'$/);
});

test('ids and labels that could not be told from one another are refused', () => {
  const base = { architecture: 'fasterrcnn', backbone: 'resnet18', num_classes: 4 };
  const odd: readonly [categories: readonly object[], problem: RegExp][] = [
    [[{ id: 0, name: 'a' }], /categories: id 0 \(a\) is not in 1 … num_classes − 1/],
    [[{ id: 0, name: 'a', label: 4 }], /categories: label 4 \(a\) is not in 1/],
    [
      [
        { id: 0, name: 'a', label: 1 },
        { id: 0, name: 'b', label: 2 },
      ],
      /id 0 \(b\) is that of another category/,
    ],
    [
      [
        { id: 1, name: 'a' },
        { id: 0, name: 'b', label: 1 },
      ],
      /two have the same label/,
    ],
    [[{ id: 2, name: 'a', label: 1 }], /id 2 \(a\) is also a label that no category has/],
    [[{ id: 2 ** 53, name: 'a', label: 1 }], /2\^53 − 1/],
  ];
  for (const [categories, problem] of odd) {
    assert.throws(
      () => parseDetectorConfig({ ...base, categories }, 'test'),
      (error: Error) => problem.test(error.message) || assert.unreachable(error.message),
    );
  }
});

test('joints are measured of the categories that have any, masks of all; a type that the detector has not is refused', async () => {
  const categories = [
    { id: 1, name: 'disc' },
    { id: 2, name: 'figure', keypoints: ['head', 'foot'] },
  ];
  const joints = [15, 12, 2, 20, 38, 2];
  const object = { image_id: 1, bbox: [10, 10, 20, 30] as const, area: 600, iscrowd: 0 as const };
  const square = (x: number) => [[x, 10, x + 20, 10, x + 20, 40, x, 40]];
  const gt = new COCO({
    images: [{ id: 1, file_name: '1.jpg', width: 64, height: 48 }],
    categories,
    annotations: [
      { ...object, id: 1, category_id: 1, segmentation: square(10) },
      { ...object, id: 2, category_id: 2, segmentation: square(10), keypoints: joints, num_keypoints: 2 },
      // Not labeled: it is neither missed nor found.
      { ...object, id: 3, category_id: 2, segmentation: square(40), bbox: [40, 10, 20, 30] },
    ],
  });
  const config = parseDetectorConfig(
    {
      architecture: 'fasterrcnn',
      backbone: 'resnet18',
      ...labelsOf(categories, keypointLayout(gt)),
      mask_head: {},
      keypoint_head: { num_keypoints: 2 },
    },
    'test',
  );
  const mask = rleFromBox([10, 10, 20, 30], 48, 64);
  const found = {
    boxes: Float32Array.of(10, 10, 30, 40, 10, 10, 30, 40),
    labels: Int32Array.of(1, 2),
    scores: Float32Array.of(0.9, 0.8),
    masks: [mask, mask],
    keypoints: [1, 2].map(() => [
      { x: 15, y: 12, score: 3 },
      { x: 20, y: 38, score: 3 },
    ]),
  };
  const detector = {
    config,
    async *detectAll(): AsyncGenerator<DetectedFile> {
      const detections = nameDetections(found, categoriesByLabel(config.categories));
      yield { file: '1.jpg', width: 64, height: 48, detections };
    },
  };
  const image = new Map([[1, '1.jpg']]);
  const { evaluation, results } = await evaluateDetector(detector, gt, image, { type: 'keypoints' });
  assert.is(Math.round(100 * measuresOf(evaluation).AP), 100);
  assert.equal([...evaluation.params.kptOksSigmas], [0.07, 0.07]);
  assert.equal(results[1].keypoints, [15, 12, 1, 20, 38, 1]);
  assert.equal(results[1].segmentation?.size, [48, 64]);
  const masks = await evaluateDetector(detector, gt, image, { type: 'segm' });
  assert.equal(
    masks.evaluation.perCategory.map(({ AP }) => Math.round(100 * AP)),
    [100, 50],
  );
  const plain = { ...detector, config: configOf({ 1: 'disc' }) };
  await rejects(evaluateDetector(plain, gt, image, { type: 'segm' }), 'USAGE', /has no masks/);
});

test.run();

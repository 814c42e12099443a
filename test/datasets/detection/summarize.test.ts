import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CocoAnnotation,
  type ImageId,
  readDetectionDataset,
  summarizeDetection,
} from '../../../datasets/index.ts';
import { hasShared, sharedData } from '../../shared-data.ts';

const annotation = (
  id: number,
  image_id: ImageId,
  category_id: number,
  area: number,
  iscrowd: 0 | 1 = 0,
): CocoAnnotation => ({
  id,
  image_id,
  category_id,
  bbox: [0, 0, 1, area],
  area,
  iscrowd,
});

test('counts, spreads, sizes and the balance of classes', () => {
  const summary = summarizeDetection({
    images: [
      { id: 1, file_name: 'a', width: 10, height: 40 },
      { id: 2, file_name: 'b', width: 20, height: 30 },
      { id: 'x', file_name: 'c', width: 60, height: 20 },
      { id: 4, file_name: 'd', width: 30, height: 10 },
    ],
    annotations: [
      annotation(1, 1, 7, 32 ** 2 - 1),
      annotation(2, 1, 7, 32 ** 2),
      annotation(3, 'x', 7, 96 ** 2 - 1),
      { ...annotation(4, 1, 3, 96 ** 2), segmentation: [[0, 0, 1, 0, 1, 1]] },
      annotation(5, 2, 3, 5, 1),
    ],
    categories: [
      { id: 3, name: 'cat' },
      { id: 5, name: 'none' },
      { id: 7, name: 'dog' },
    ],
  });
  assert.equal(summary, {
    images: 4,
    annotations: 5,
    categories: 3,
    crowds: 1,
    masks: 1,
    imagesWithoutObjects: 1,
    width: { min: 10, median: 25, mean: 30, max: 60 },
    height: { min: 10, median: 25, mean: 25, max: 40 },
    objectsPerImage: { min: 0, median: 1, mean: 1.25, max: 3 },
    sizes: { small: 1, medium: 2, large: 1 },
    perCategory: [
      { id: 7, name: 'dog', annotations: 3, images: 2 },
      { id: 3, name: 'cat', annotations: 2, images: 2 },
      { id: 5, name: 'none', annotations: 0, images: 0 },
    ],
  });
});

test('nothing at all', () => {
  const summary = summarizeDetection({ images: [], annotations: [], categories: [] });
  assert.is(summary.width, undefined);
  assert.is(summary.imagesWithoutObjects, 0);
});

(hasShared('coco-eval') ? test : test.skip)('the sizes of 4,952 images', async () => {
  const { dataset } = await readDetectionDataset({ annotations: `${sharedData}/coco-eval/val2017-boxes.json` });
  const { sizes, crowds, annotations } = summarizeDetection(dataset);
  assert.is(sizes.small + sizes.medium + sizes.large + crowds, annotations);
});

test.run();

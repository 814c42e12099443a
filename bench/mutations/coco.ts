import { type CocoDataset, readDetectionDataset, summarizeDetection } from '../../datasets/index.ts';
import { COCO, COCOeval } from '../../eval/index.ts';
import type { Random } from '../../io/random.ts';
import { all, type Kind, write } from './kind.ts';
import { mutateJson, mutateText, pick } from './mutate.ts';

const coco: CocoDataset = {
  images: [
    { id: 1, file_name: 'a.jpg', width: 40, height: 30 },
    { id: 2, file_name: 'b.jpg', width: 20, height: 50 },
  ],
  categories: [
    { id: 1, name: 'cat' },
    { id: 7, name: 'dog' },
  ],
  annotations: [
    {
      id: 1,
      image_id: 1,
      category_id: 1,
      bbox: [1, 2, 10, 12],
      area: 120,
      iscrowd: 0,
      segmentation: [[1, 2, 11, 2, 11, 14, 1, 14]],
    },
    {
      id: 2,
      image_id: 2,
      category_id: 7,
      bbox: [3, 4, 8, 9],
      area: 72,
      iscrowd: 1,
      segmentation: { size: [50, 20], counts: [100, 50, 850] },
    },
    {
      id: 3,
      image_id: 1,
      category_id: 7,
      bbox: [5, 5, 9, 9],
      area: 81,
      iscrowd: 0,
      segmentation: [[5, 5, 14, 5, 14, 14]],
      keypoints: [6, 6, 2, 8, 8, 1],
      num_keypoints: 2,
    },
  ] as never,
};
const results = [
  { image_id: 1, category_id: 1, bbox: [1, 2, 10, 11], score: 0.9 },
  { image_id: 2, category_id: 7, bbox: [3, 4, 8, 8], score: 0.5, segmentation: { size: [50, 20], counts: 'T34O' } },
  { image_id: 1, category_id: 7, segmentation: { size: [30, 40], counts: [100, 50, 1050] }, score: 0.4 },
  { image_id: 2, category_id: 1, segmentation: { size: [50, 20], counts: [10, 5, 985] }, score: 0.3 },
];

/** JSON as text: mutated as a value, or as text. */
const jsonText = (random: Random, value: unknown): Buffer =>
  random.uniform() < 0.75
    ? Buffer.from(JSON.stringify(mutateJson(random, value)))
    : mutateText(random, JSON.stringify(value, null, 1));

async function evaluate(gt: COCO, source: string, type: 'bbox' | 'segm'): Promise<void> {
  const evaluation = new COCOeval(gt, gt.loadRes(source), type);
  evaluation.evaluate();
  evaluation.accumulate();
}

export const annotations: Kind = async (random, folder) => {
  const file = write(folder, 'instances.json', jsonText(random, coco));
  const detections = write(folder, 'results.json', JSON.stringify(results.slice(0, 1)));
  await all(
    async () => summarizeDetection((await readDetectionDataset({ annotations: file, strict: false })).dataset),
    () => readDetectionDataset({ annotations: file }),
    async () => {
      const gt = await COCO.load(file);
      for (const id of gt.getAnnIds()) gt.annToMask(gt.loadAnns([id])[0]);
    },
    async () => evaluate(await COCO.load(file), detections, 'bbox'),
  );
};

export const detections: Kind = async (random, folder) => {
  const gt = await COCO.load(write(folder, 'instances.json', JSON.stringify(coco)));
  const type = pick(random, ['bbox', 'segm'] as const);
  const some = type === 'bbox' ? results.slice(0, 2) : results.slice(2);
  await evaluate(gt, write(folder, 'results.json', jsonText(random, some)), type);
};

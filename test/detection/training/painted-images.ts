import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CocoDataset, encodeImage, type ImageId } from '../../../datasets/index.ts';
import type { AnnotatedImages } from '../../../detection/index.ts';
import { Random } from '../../../io/random.ts';
import { painted, randomBox } from '../../datasets/loaders/detection/painted.ts';

const COLORS = [
  [220, 30, 30],
  [30, 220, 30],
] as const;

/** Images of one red or green box each, written to a folder, wide and tall in turn; the last has no object. */
export async function paintedImages(folder: string, count: number, seed: number): Promise<AnnotatedImages> {
  mkdirSync(folder, { recursive: true });
  const random = new Random(seed);
  const files = new Map<ImageId, string>();
  const images: CocoDataset['images'][number][] = [];
  const annotations: CocoDataset['annotations'][number][] = [];
  for (let id = 1; id <= count; id++) {
    const [width, height] = id % 3 ? [64, 48] : [48, 64];
    const [x1, y1, x2, y2] = randomBox(width, height, random);
    const category = id % 2;
    const boxes = id === count ? [] : [{ box: [x1, y1, x2, y2] as const, color: COLORS[category] }];
    const file_name = `${id}.png`;
    writeFileSync(join(folder, file_name), await encodeImage(painted(width, height, boxes), 'png'));
    files.set(id, join(folder, file_name));
    images.push({ id, file_name, width, height });
    const bbox = [x1, y1, x2 - x1, y2 - y1] as const;
    if (boxes.length) {
      annotations.push({ id, image_id: id, category_id: category + 1, bbox, area: bbox[2] * bbox[3], iscrowd: 0 });
    }
  }
  const categories = ['red', 'green'].map((name, i) => ({ id: i + 1, name }));
  return { dataset: { images, annotations, categories }, files };
}

/** A detector that is small beside its backbone. */
export const smallHeads = {
  fpn_out_channels: 16,
  representation_size: 32,
  anchor_sizes: [[8], [16], [32], [64], [128]],
  rpn_pre_nms_top_n_train: 100,
  rpn_post_nms_top_n_train: 50,
  rpn_pre_nms_top_n_test: 50,
  rpn_post_nms_top_n_test: 20,
  box_batch_size_per_image: 32,
  box_score_thresh: 0.01,
  norm_layer: 'FrozenBatchNorm2d',
};

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Batch,
  type ClassificationDataset,
  type EpochOptions,
  encodeImage,
  type Image,
  type ImageSource,
  Loader,
  type LoaderOptions,
  openClassificationDataset,
  type TrainingRecipe,
} from '../../../../datasets/index.ts';
import { testPicture } from '../../images/test-picture.ts';

export const normalization = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };

/** Everything that is random, at once. */
export const wildRecipe: TrainingRecipe = {
  kind: 'training',
  size: 12,
  augmentations: [
    { kind: 'random_resized_crop' },
    { kind: 'random_horizontal_flip' },
    { kind: 'rand_augment' },
    { kind: 'color_jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  ],
  ...normalization,
  random_erasing: {},
  mixup_alpha: 0.2,
  cutmix_alpha: 1,
  label_smoothing: 0.1,
};

/** Images of three classes, from anywhere. */
export function datasetOf(length: number, image: (index: number) => ImageSource): ClassificationDataset {
  const classes = ['a', 'b', 'c'];
  return { name: 'test', classes, length, nameOf: (index) => `#${index}`, image, label: (index) => index % 3 };
}

/** Pictures of pixels, no two alike. */
export const pixels = (length: number, size = 12): ClassificationDataset =>
  datasetOf(length, (index): Image => {
    const picture = testPicture(size, size);
    picture.data.set([index & 255, index >> 8], 0);
    return { ...picture, data: picture.data.map((level) => level + index * 3) };
  });

/** Colors that change slowly, as in a photograph. */
function gradient(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    data[i] = [x * 6, y * 5, 240 - x * 3 - y * 2][i % 3];
  }
  return { width, height, data };
}

/** Writes a folder of `count` JPEG files of two classes and many sizes, and opens it. */
export async function jpegFolder(folder: string, count: number): Promise<ClassificationDataset> {
  for (let i = 0; i < count; i++) {
    const place = join(folder, i % 2 ? 'dog' : 'cat');
    mkdirSync(place, { recursive: true });
    const jpeg = await encodeImage(gradient(24 + ((i * 7) % 19), 20 + ((i * 5) % 23)), 'jpeg');
    writeFileSync(join(place, `${String(i).padStart(3, '0')}.jpg`), jpeg);
  }
  return openClassificationDataset(`imagefolder:${folder}`);
}

/** The batches of an epoch of a loader that lives no longer. */
export async function batchesOf(
  dataset: ClassificationDataset,
  options: LoaderOptions,
  epoch = 0,
  epochOptions: EpochOptions = {},
): Promise<Batch[]> {
  const loader = new Loader(dataset, options);
  try {
    return await collect(loader.epoch(epoch, epochOptions));
  } finally {
    await loader.close();
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What is quick to compare, and differs where any bit of the batches does. */
export function digest(batches: readonly Batch[]): string[] {
  const hash = (data: Float32Array) => createHash('sha1').update(data).digest('hex');
  return batches.map(({ number, image, target, labels, indices }) =>
    [number, image.shape, target.shape, labels, indices, hash(image.data), hash(target.data)].join(' '),
  );
}

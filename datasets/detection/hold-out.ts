import { seeded } from '../loaders/seeded.ts';
import type { CocoDataset } from './coco/coco-format.ts';

/** Images for training and for evaluation; both sets have all categories. */
export interface HeldOut {
  readonly training: CocoDataset;
  readonly validation: CocoDataset;
}

/**
 * Holds out a random fraction of the images for evaluation. The same seed holds out the same images.
 *
 * @param fraction of the images held out, above 0 and below 1; both sets get at least one image
 * @returns undefined when there are fewer than two images
 */
export function holdOut(dataset: CocoDataset, fraction: number, seed: number): HeldOut | undefined {
  const { annotations, images } = dataset;
  if (images.length < 2) return undefined;
  const count = Math.max(1, Math.min(images.length - 1, Math.round(fraction * images.length)));
  const order = seeded(seed, 'split').permutation(images.length);
  const held = new Set([...order.subarray(0, count)].map((index) => images[index].id));
  const part = (isHeld: boolean): CocoDataset => ({
    ...dataset,
    images: images.filter(({ id }) => held.has(id) === isHeld),
    annotations: annotations.filter(({ image_id }) => held.has(image_id) === isHeld),
  });
  return { training: part(false), validation: part(true) };
}

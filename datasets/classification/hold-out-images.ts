import { stratify } from '../detection/stratify.ts';
import { seeded } from '../loaders/seeded.ts';
import type { ClassificationDataset } from './classification-dataset.ts';

/** Images for training and for evaluation; both have all classes. */
export interface HeldOutImages {
  readonly training: ClassificationDataset;
  readonly validation: ClassificationDataset;
}

/**
 * Holds out a random fraction of the images of each class for evaluation. The same seed holds out the same images.
 *
 * @param fraction of the images held out, above 0 and below 1; both sets get at least one image
 * @returns undefined when there are fewer than two images
 */
export function holdOutImages(
  dataset: ClassificationDataset,
  fraction: number,
  seed: number,
): HeldOutImages | undefined {
  if (dataset.length < 2) return undefined;
  // Label 0 is on all images.
  const units = Array.from({ length: dataset.length }, (_, i) => new Map([[0, 1], [dataset.label(i) + 1, 1]])); // biome-ignore format: two labels
  const parts = stratify(units, [1 - fraction, fraction], seeded(seed, 'split'));
  const { notes, ...rest } = partOf(dataset, parts, 1);
  return { training: partOf(dataset, parts, 0), validation: rest };
}

function partOf(dataset: ClassificationDataset, parts: Int32Array, part: number): ClassificationDataset {
  const indices = [...parts.keys()].filter((index) => parts[index] === part);
  const { classes, name, notes, wnids } = dataset;
  return {
    ...{ name, classes, length: indices.length },
    ...(wnids && { wnids }),
    ...(notes && { notes }),
    nameOf: (index) => dataset.nameOf(indices[index]),
    image: (index) => dataset.image(indices[index]),
    label: (index) => dataset.label(indices[index]),
  };
}

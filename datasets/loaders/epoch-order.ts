import type { Random } from '../../io/random.ts';

/**
 * The order of an epoch. An entry is an image's index; when an image comes again, the number of images is added for each
 * time before. So every entry is unique and can seed the augmentation of this time.
 */
export type EpochOrder = Int32Array;

/** Each image once. */
export const eachOnce = (length: number, random: Random): EpochOrder => random.permutation(length);

/**
 * Repeated augmentation (Hoffer et al. 2020; timm `RepeatAugSampler`): each image `repeats` times in a row. An epoch has
 * as many entries as there are images, so that it shows a part of them.
 */
export function repeated(length: number, repeats: number, random: Random): EpochOrder {
  const order = random.permutation(length);
  return Int32Array.from({ length }, (_, i) => order[Math.floor(i / repeats)] + length * (i % repeats));
}

/**
 * Each image about as often as its weight says, with as many entries as there are images (systematic sampling): an image
 * of twice the mean weight comes twice, one of half of it in every other epoch.
 */
export function weighted(weights: ArrayLike<number>, random: Random): EpochOrder {
  const { length } = weights;
  const images = random.permutation(length);
  let total = 0;
  for (const image of images) total += weights[image];
  const order = new Int32Array(length);
  const start = random.uniform();
  let [taken, reached] = [0, 0];
  for (const image of images) {
    reached += weights[image];
    for (let copy = 0; taken < length && ((taken + start) / length) * total < reached; copy++) {
      order[taken++] = image + length * copy;
    }
  }
  // Rounding may leave the last place free.
  while (taken < length) order[taken++] = images[length - 1] + length * taken;
  return random.shuffle(order);
}

/** Weights with which each label is shown as often as the others. */
export function balancedWeights(labels: ArrayLike<number>): Float64Array {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  return Float64Array.from(labels, (label) => 1 / counts.get(label)!);
}

/**
 * Repeat factors of LVIS (Gupta et al. 2019): an image has the largest √(threshold / share) of its labels, where `share`
 * is the share of images with the label, and at least 1.
 *
 * @param labels of the objects of each image
 */
export function repeatFactors(labels: readonly Int32Array[], threshold: number): Float64Array {
  const counts = new Map<number, number>();
  for (const own of labels) for (const label of new Set(own)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const factor = (label: number) => Math.sqrt((threshold * labels.length) / counts.get(label)!);
  return Float64Array.from(labels, (own) => Math.max(1, ...Array.from(new Set(own), factor)));
}

import type { ClassificationDataset, Image } from '../../../datasets/index.ts';
import { Random } from '../../../io/random.ts';

const COLORS = [
  [200, 40, 40],
  [40, 200, 40],
  [40, 40, 200],
];

/** Noisy pictures of 8×8 pixels that show a color each, red, green or blue. */
export function coloredPictures(
  length: number,
  seed: number,
  classes = ['red', 'green', 'blue'],
): ClassificationDataset {
  const random = new Random(seed);
  const images = Array.from({ length }, (_, index): Image => {
    const color = COLORS[index % classes.length];
    const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => color[i % 3] + random.integer(80) - 40);
    return { width: 8, height: 8, data };
  });
  return {
    name: 'colors',
    classes,
    length,
    nameOf: (index) => `#${index}`,
    image: (index) => images[index],
    label: (index) => index % classes.length,
  };
}

import type { CocoAnnotation, CocoBox, CocoDataset } from '../../../datasets/index.ts';
import { Random } from '../../../io/random.ts';

/** Hundredths of a pixel, as COCO has them, whole pixels, or whatever a number can be. */
function coordinate(random: Random, most: number): number {
  const value = random.uniform(0, most);
  return [Math.round(value), Math.round(value * 100) / 100, value][random.integer(3)];
}

function boxIn(random: Random, width: number, height: number): CocoBox {
  const [x, y] = [coordinate(random, width - 2), coordinate(random, height - 2)];
  return [x, y, 1 + coordinate(random, width - x - 1), 1 + coordinate(random, height - y - 1)];
}

/** A data set with ids that skip, names that need escaping, images without objects and, if wanted, crowds. */
export function randomDataset(seed: number, { crowds }: { readonly crowds: boolean }): CocoDataset {
  const random = new Random(seed);
  const names = ['cat & dog', '<b>', "o'hare", 'été 日本', 'stop sign', '12', 'a  b', '"q"', 'no', '#1: x'];
  const categories = names.slice(0, 1 + random.integer(names.length)).map((name, index) => ({
    id: 1 + ((index * 7) % names.length) * 3,
    name,
    supercategory: 'thing',
  }));
  const images = Array.from({ length: 1 + random.integer(8) }, (_, index) => ({
    id: 5 + index * 7,
    file_name: `${['', 'sub/', 'sub/er/'][random.integer(3)]}img ${String(5 + index * 7).padStart(6, '0')}.png`,
    width: 10 + random.integer(2000),
    height: 10 + random.integer(2000),
  }));
  const annotations = Array.from({ length: random.integer(40) }, (_, index): CocoAnnotation => {
    const image = images[random.integer(images.length)];
    const bbox = boxIn(random, image.width, image.height);
    return {
      id: index + 1,
      image_id: image.id,
      category_id: categories[random.integer(categories.length)].id,
      bbox,
      area: bbox[2] * bbox[3],
      iscrowd: crowds && random.integer(5) === 0 ? 1 : 0,
    };
  });
  return { images, annotations, categories };
}

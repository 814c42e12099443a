import { packageVersion } from '../../io/package-version.ts';
import { labelOf } from '../model/detector-category.ts';
import type { DetectorConfig } from '../model/detector-config.ts';

/** What a single file says of itself, for people and programs. Values that are no words are JSON. */
export function fileMetadata(config: DetectorConfig, title: string): Record<string, string> {
  const { categories, max_size, min_size } = config;
  const names = categories.map((category) => [labelOf(category), category.name]);
  return {
    title,
    toolkit: `resnet-coco ${packageVersion()}`,
    task: 'detection',
    labels: JSON.stringify(Object.fromEntries(names)),
    categories: JSON.stringify(categories),
    input: 'image: bytes [height, width, 3], RGB, upright',
    preprocessing: `in the graph: resized to a shorter side of ${min_size}, a longer one of at most ${max_size}; normalized; padded`,
    boxes: 'x1, y1, x2, y2 in pixels of the image, highest score first',
    config: JSON.stringify({ ...config, categories: undefined, provenance: undefined }),
  };
}

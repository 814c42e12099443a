import type { CocoDataset, CocoImage, ImageId } from './coco/coco-format.ts';
import { portablePath } from './file-finder.ts';
import { namePattern } from './name-pattern.ts';
import type { Unit } from './stratify.ts';

/** Images that stay together, such as the frames of a video. */
export interface ImageGroups {
  /** In order of their names, whatever the order of the images. */
  readonly groups: readonly (readonly CocoImage[])[];
  /** Number of images whose names the pattern does not match; each is a group of its own. */
  readonly unmatched: number;
}

/** Ends the error of a pattern that is none. */
const EXAMPLE = "; such as '^(.+)_\\d+\\.jpg$', whose first group names the video";

/**
 * Groups images by what the first group of a pattern matches in their names, or the whole match without a group.
 *
 * @throws ResnetCocoError USAGE when the pattern is no regular expression
 */
export function groupImages(images: readonly CocoImage[], groupBy: string | RegExp | undefined): ImageGroups {
  const pattern = groupBy === undefined ? undefined : namePattern(groupBy, 'groupBy', EXAMPLE);
  const named = images.map((image) => ({ image, name: portablePath(image.file_name) }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const groups: CocoImage[][] = [];
  const byName = new Map<string, CocoImage[]>();
  let unmatched = 0;
  for (const { image, name } of named) {
    const match = pattern?.exec(name);
    const key = match ? (match[1] ?? match[0]) : undefined;
    const group = key === undefined ? undefined : byName.get(key);
    if (group) {
      group.push(image);
      continue;
    }
    const own = [image];
    groups.push(own);
    if (key !== undefined) byName.set(key, own);
    else if (pattern) unmatched++;
  }
  return { groups, unmatched };
}

/** Labels besides categories: every image, and images without objects. */
const [ANY, EMPTY] = [0, 1];

/** What each group counts: images, images without objects, and images with each category, by its place in the list. */
export function unitsOf(groups: ImageGroups['groups'], { annotations, categories }: CocoDataset): Unit[] {
  const places = new Map(categories.map(({ id }, place) => [id, place + EMPTY + 1]));
  const labels = new Map<ImageId, Set<number>>();
  for (const { image_id, category_id } of annotations) {
    const of = labels.get(image_id);
    if (of) of.add(places.get(category_id)!);
    else labels.set(image_id, new Set([places.get(category_id)!]));
  }
  return groups.map((images) => {
    const unit = new Map<number, number>([[ANY, images.length]]);
    for (const { id } of images)
      for (const label of labels.get(id) ?? [EMPTY]) unit.set(label, (unit.get(label) ?? 0) + 1);
    return unit;
  });
}

import { ResnetCocoError } from '../../errors.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { CocoCategory, CocoDataset } from './coco/coco-format.ts';
import { comparedName, namedCategories } from './named-categories.ts';

/** @throws ResnetCocoError BAD_DATASET when both have keypoints, which differ */
export function checkSameKeypoints(one: CocoCategory, other: CocoCategory, place: string): void {
  const [a, b] = [one, other].map(({ keypoints }) => JSON.stringify(keypoints ?? []));
  if (a === b) return;
  const message = `categories '${one.name}' and '${other.name}' have other keypoints; they cannot become one`;
  throw new ResnetCocoError('BAD_DATASET', `${place}: ${message}`);
}

/**
 * A data set with renamed categories. Categories that get one name are joined: they have the id of the one that had the
 * name, else that of the first.
 *
 * @param names the new name by the old one
 * @param place the data set's path, for errors
 * @throws ResnetCocoError USAGE when there is no category of a name, or a new name is empty
 * @throws ResnetCocoError BAD_DATASET when joined categories have other keypoints
 */
export function renamed(dataset: CocoDataset, names: Readonly<Record<string, string>>, place: string): CocoDataset {
  const newNames = new Map<number, string>();
  for (const [from, to] of Object.entries(names)) {
    if (typeof to !== 'string' || to.trim() === '') {
      throw new ResnetCocoError('USAGE', `\`names\`: the new name of '${from}' must be a text, is ${shownValue(to)}`);
    }
    for (const { id } of namedCategories(dataset.categories, [from], 'names')) newNames.set(id, to);
  }
  const nameOf = ({ id, name }: CocoCategory): string => newNames.get(id) ?? name;
  const joined = new Map<string, CocoCategory>();
  // A category that has the name already gives the id.
  const order = [...dataset.categories].sort((a, b) => Number(keepsName(b)) - Number(keepsName(a)));
  function keepsName(category: CocoCategory): boolean {
    return comparedName(nameOf(category)) === comparedName(category.name);
  }
  const ids = new Map<number, number>();
  for (const category of order) {
    const name = nameOf(category);
    const first = joined.get(comparedName(name));
    if (first) checkSameKeypoints(first, category, place);
    else joined.set(comparedName(name), { ...category, name });
    ids.set(category.id, first?.id ?? category.id);
  }
  const left = new Map([...joined.values()].map((category) => [category.id, category]));
  return {
    ...dataset,
    categories: dataset.categories.flatMap(({ id }) => left.get(id) ?? []),
    annotations: dataset.annotations.map((annotation) => {
      const category_id = ids.get(annotation.category_id)!;
      return category_id === annotation.category_id ? annotation : { ...annotation, category_id };
    }),
  };
}

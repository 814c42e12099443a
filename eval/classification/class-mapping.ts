import type { ClassificationDataset } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';

/** A class in a model's configuration. */
export interface ModelClass {
  readonly name: string;
  /** WordNet id, for models trained on ImageNet. */
  readonly wnid?: string | undefined;
}

/** How a data set's classes and a model's belong together. */
export interface ClassMapping {
  /** How the classes were matched. */
  readonly by: 'wnid' | 'name' | 'order';
  /** The model's class for each class of the data set. */
  readonly indices: readonly number[];
  /** The model's classes, by index. */
  readonly classes: readonly ModelClass[];
}

/**
 * Matches the classes of a model and a data set: by WordNet id if both have them, else by name if the model has all
 * names of the data set, else by order if both have the same number of classes.
 *
 * @param categories the model's classes, if it knows their names
 * @param count the model's number of classes
 * @throws ResnetCocoError BAD_DATASET when classes cannot be matched; names those that the model lacks
 */
export function mapClasses(
  dataset: Pick<ClassificationDataset, 'classes' | 'wnids'>,
  categories: readonly ModelClass[] | undefined,
  count: number,
): ClassMapping {
  const { classes, wnids } = dataset;
  const modelWnids = categories?.flatMap(({ wnid }) => wnid ?? []);
  if (wnids && modelWnids?.length) {
    const indices = wnids.map((wnid) => categories!.findIndex((category) => category.wnid === wnid));
    const missing = wnids.filter((_, i) => indices[i] < 0);
    if (missing.length) throw unmatched(`the model has no class ${listed(missing)}`);
    return { by: 'wnid', indices, classes: categories! };
  }
  const names = categories?.map(({ name }) => name) ?? [];
  const missing = classes.filter((name) => !names.includes(name));
  if (!missing.length) {
    // ImageNet has two classes named crane.
    const twice = classes.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
    if (twice.length) throw unmatched(`the model has several classes called ${listed(twice)}; name folders by wnid`);
    return { by: 'name', indices: classes.map((name) => names.indexOf(name)), classes: categories! };
  }
  if (classes.length === count) {
    return { by: 'order', indices: classes.map((_, i) => i), classes: classes.map((name) => ({ name })) };
  }
  const lacking = names.length ? ` and none called ${listed(missing)}` : ' and no names for them';
  throw unmatched(`the data set has ${classes.length} classes, the model ${count}${lacking}`);
}

const unmatched = (problem: string) =>
  new ResnetCocoError('BAD_DATASET', `classes of data set and model cannot be matched: ${problem}`);

const listed = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');

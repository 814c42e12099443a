import type { ClassificationDataset } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';

/** A class of a model, as its configuration has it. */
export interface ModelClass {
  readonly name: string;
  /** WordNet's id, for models of ImageNet. */
  readonly wnid?: string | undefined;
}

/** How a data set's classes and a model's belong together. */
export interface ClassMapping {
  /** What classes were matched by. */
  readonly by: 'wnid' | 'name' | 'order';
  /** The model's class of each class of the data set. */
  readonly indices: readonly number[];
  /** What the model's classes are called, by index. */
  readonly classes: readonly ModelClass[];
}

/**
 * Tells which class of a model is which of a data set: by WordNet's id where both have them, else by name where the
 * model has all of the data set's names, else by order where both have as many classes.
 *
 * @param categories the model's classes, where it knows their names
 * @param count how many classes the model has
 * @throws ResnetCocoError BAD_DATASET, naming classes that the model lacks
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
    // Two of ImageNet's classes are called crane.
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

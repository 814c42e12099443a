import type { DetectorCategory } from '../model/detector-category.ts';

type NamedCategory = Pick<DetectorCategory, 'id' | 'name'>;

/** Which category of a data set is which of a model. */
export interface CategoryMatch {
  /** By the model's id: the data set's. */
  readonly ids: ReadonlyMap<number, number>;
  /** What a person should know: ids that differ, and categories without a partner on either side, with their counts. */
  readonly notes: readonly string[];
}

const SHOWN = 5;

/**
 * Matches a model's categories with a data set's, by name, whatever their ids are. Only where no name is shared do ids
 * decide.
 *
 * @param named the model's; where it names none, its labels are ids of the data set
 * @param what the data set, for notes
 */
export function matchCategories(
  named: readonly NamedCategory[],
  dataset: readonly NamedCategory[],
  what: string,
): CategoryMatch {
  const model = named.length ? named : dataset.map(({ id }) => ({ id, name: `category ${id}` }));
  const byName = partnersByName(model, dataset);
  const ids = byName.size ? byName : partnersById(model, dataset);
  const names = new Map(dataset.map(({ id, name }) => [id, name]));
  const notes: string[] = [];
  const moved = model.filter(({ id }) => byName.has(id) && byName.get(id) !== id);
  if (moved.length) {
    const [{ id, name }] = moved;
    notes.push(
      `${moved.length} of ${counted(byName.size)} go by name, as their ids differ: '${name}' is ${id} in the model, ${byName.get(id)} in ${what}`,
    );
  }
  if (!byName.size && ids.size) {
    const [[id, other]] = ids;
    const name = model.find((category) => category.id === id)?.name;
    notes.push(
      `no category has the same name in the model and in ${what}, so ${ids.size} go by id: ${id} is '${name}' in the model, '${names.get(other)}' in ${what}`,
    );
  }
  const partners = new Set(ids.values());
  const onlyModel = model.filter(({ id }) => !ids.has(id));
  const onlyDataset = dataset.filter(({ id }) => !partners.has(id));
  if (onlyModel.length)
    notes.push(`${counted(onlyModel.length)} of the model without a partner in ${what}: ${listed(onlyModel)}`);
  if (onlyDataset.length)
    notes.push(`${counted(onlyDataset.length)} of ${what} without a partner in the model: ${listed(onlyDataset)}`);
  return { ids, notes };
}

/** For each category that has one, by its id, the id of the partner: of the same name, and where several are, the same id. */
export function partnersByName(from: readonly NamedCategory[], to: readonly NamedCategory[]): Map<number, number> {
  const byName = new Map<string, NamedCategory[]>();
  for (const category of to) {
    const same = byName.get(categoryKey(category.name));
    if (same) same.push(category);
    else byName.set(categoryKey(category.name), [category]);
  }
  const partners = new Map<number, number>();
  for (const category of from) {
    const same = byName.get(categoryKey(category.name));
    if (same) partners.set(category.id, (same.find(({ id }) => id === category.id) ?? same[0]).id);
  }
  return partners;
}

function partnersById(from: readonly NamedCategory[], to: readonly NamedCategory[]): Map<number, number> {
  const ids = new Set(to.map(({ id }) => id));
  return new Map(from.flatMap(({ id }) => (ids.has(id) ? [[id, id] as const] : [])));
}

/** Detections under the data set's category ids; those of categories that it does not have are left out. */
export function inDataset<D extends { readonly category_id: number }>(
  detections: readonly D[],
  { ids }: CategoryMatch,
): D[] {
  return detections.flatMap((detection) => {
    const category_id = ids.get(detection.category_id);
    return category_id === undefined ? [] : [{ ...detection, category_id }];
  });
}

/** Names are the same whatever their Unicode form and the spaces around them. */
export const categoryKey = (name: string): string => name.normalize('NFC').trim();

const counted = (count: number): string => (count === 1 ? '1 category' : `${count} categories`);

const listed = (categories: readonly NamedCategory[]): string =>
  categories
    .slice(0, SHOWN)
    .map(({ id, name }) => `${id} '${name}'`)
    .join(', ') + (categories.length > SHOWN ? ' …' : '');

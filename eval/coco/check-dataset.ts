import { isRoundedId, roundedIdProblem } from '../../datasets/exact-id.ts';
import type { CocoDataset } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';

/**
 * Checks what evaluation relies on: the lists, and in them ids and references. `datasets info` looks closer.
 *
 * @returns what is odd, yet does no harm
 * @throws ResnetCocoError BAD_DATASET, naming the entry and field
 */
export function checkDataset(dataset: CocoDataset, name: string): string[] {
  const fail = (problem: string): never => {
    throw new ResnetCocoError('BAD_DATASET', `${name}: ${problem}`);
  };
  if (Array.isArray(dataset)) {
    fail('is a list, as results are, and not an annotation file {"images", "annotations", "categories"}');
  }
  if (typeof dataset !== 'object' || dataset === null) fail(`is ${JSON.stringify(dataset)}, not an annotation file`);
  const list = (field: 'images' | 'annotations' | 'categories'): readonly Readonly<Record<string, unknown>>[] => {
    const value: unknown = dataset[field];
    // Files of images alone, such as those of test sets, have no annotations.
    if (value === undefined && field !== 'images') return [];
    if (!Array.isArray(value))
      fail(`is not an annotation file: '${field}' is ${value === undefined ? 'missing' : 'no list'}`);
    return value as readonly Readonly<Record<string, unknown>>[];
  };
  const refuseRounded = (id: unknown, place: string, mayBeText = false): void => {
    if (isRoundedId(id)) fail(`${place} is read as ${id}: ${roundedIdProblem(mayBeText)}`);
  };
  const ids = (field: 'images' | 'annotations' | 'categories', isId: (id: unknown) => boolean, wanted: string) => {
    const seen = new Set<unknown>();
    list(field).forEach((entry, i) => {
      if (typeof entry !== 'object' || entry === null)
        fail(`${field}[${i}] is ${JSON.stringify(entry)}, not an object`);
      const { id } = entry;
      refuseRounded(id, `${field}[${i}].id`, field === 'images');
      if (!isId(id)) fail(`${field}[${i}].id wants ${wanted}, got ${JSON.stringify(id)}`);
      if (seen.has(id)) fail(`${field}[${i}].id repeats ${JSON.stringify(id)}: ids must differ`);
      seen.add(id);
    });
    return seen;
  };
  const isNumber = (id: unknown) => typeof id === 'number' && Number.isFinite(id);
  const images = ids('images', (id) => isNumber(id) || typeof id === 'string', 'a number or a text');
  const categories = ids('categories', isNumber, 'a number');
  const annotations = ids('annotations', isNumber, 'a number');
  const odd = { images: 0, categories: 0 };
  list('annotations').forEach(({ image_id, category_id }, i) => {
    refuseRounded(image_id, `annotations[${i}].image_id`, true);
    refuseRounded(category_id, `annotations[${i}].category_id`);
    if (!isNumber(image_id) && typeof image_id !== 'string') {
      fail(`annotations[${i}].image_id wants a number or a text, got ${JSON.stringify(image_id)}`);
    }
    if (!isNumber(category_id))
      fail(`annotations[${i}].category_id wants a number, got ${JSON.stringify(category_id)}`);
    if (!images.has(image_id)) odd.images++;
    if (!categories.has(category_id)) odd.categories++;
  });

  const warnings: string[] = [];
  if (odd.images)
    warnings.push(`${name}: ${odd.images} annotations are of images that it does not have; they do not count`);
  if (odd.categories) {
    warnings.push(`${name}: ${odd.categories} annotations are of categories that it does not have; they do not count`);
  }
  if (annotations.has(0)) {
    warnings.push(
      `${name}: an annotation has the id 0, which pycocotools takes for 'unmatched'; here it counts as any other`,
    );
  }
  return warnings;
}

import { isRoundedId, roundedIdProblem } from '../../datasets/detection/coco/exact-id.ts';
import type { CocoDataset, ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { listed, MaskSizes, OddBoxes } from './oddities.ts';

/**
 * Checks what evaluation relies on: the lists, ids and references. `datasets info` checks more.
 *
 * @returns harmless oddities
 * @throws ResnetCocoError BAD_DATASET when an entry is wrong; names the entry and field
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
    // Files of test sets, which have no ground truth, lack annotations.
    if (value === undefined && field !== 'images') return [];
    if (!Array.isArray(value))
      fail(`is not an annotation file: '${field}' is ${value === undefined ? 'missing' : 'not a list'}`);
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
  const odd = { images: new OddIds(), categories: new OddIds() };
  const sizes = new MaskSizes();
  const negative = new OddBoxes('negative');
  const byId = new Map(dataset.images.map((image) => [image.id, image]));
  list('annotations').forEach(({ id, image_id, category_id, bbox, segmentation }, i) => {
    refuseRounded(image_id, `annotations[${i}].image_id`, true);
    refuseRounded(category_id, `annotations[${i}].category_id`);
    if (!isNumber(image_id) && typeof image_id !== 'string') {
      fail(`annotations[${i}].image_id wants a number or a text, got ${JSON.stringify(image_id)}`);
    }
    if (!isNumber(category_id))
      fail(`annotations[${i}].category_id wants a number, got ${JSON.stringify(category_id)}`);
    if (!images.has(image_id)) odd.images.add(image_id);
    if (!categories.has(category_id)) odd.categories.add(category_id);
    if (Array.isArray(bbox) && (bbox[2] < 0 || bbox[3] < 0)) {
      negative.add(`annotation ${id} of image ${JSON.stringify(image_id)}`);
    }
    if (segmentation) sizes.add(segmentation, byId.get(image_id as ImageId), `annotation ${id}`);
  });

  const warnings: string[] = [];
  for (const [field, { count, ids }] of Object.entries(odd)) {
    if (!count) continue;
    warnings.push(
      `${name}: ${count} annotations are of ${field} that it does not have (${listed(ids)}); they do not count`,
    );
  }
  warnings.push(...sizes.warnings(name), ...negative.warnings(name));
  if (annotations.has(0)) {
    warnings.push(
      `${name}: an annotation has the id 0, which pycocotools takes for 'unmatched'; here it counts as any other`,
    );
  }
  return warnings;
}

/** Ids that annotations refer to and that do not exist. */
class OddIds {
  count = 0;
  readonly ids = new Set<unknown>();

  add(id: unknown): void {
    this.count++;
    this.ids.add(id);
  }
}

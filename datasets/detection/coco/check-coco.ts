import { areCoordinates, MOST } from '../../../io/bounds.ts';
import { longNumbers } from '../../../io/json/large-json.ts';
import { FAR_AWAY, findInBox } from '../box-check.ts';
import type { DatasetProblem, ProblemList } from '../problems.ts';
import type { CocoAnnotation, CocoBox, CocoCategory, CocoImage, ImageId } from './coco-format.ts';
import { isEmptySegmentation } from './empty-segmentation.ts';
import { isRoundedId, roundedIdProblem } from './exact-id.ts';

/** A JSON object of unknown fields. */
export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is ImageId =>
  Number.isFinite(value) || (typeof value === 'string' && value !== '');
const isSide = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => Number.isFinite(item));

/** A problem of a field; the caller adds its file. */
type Finding = Omit<DatasetProblem, 'severity' | 'file'>;

/** The problem of an object whose field is missing or unusable. */
function wrongField(fields: Fields, field: string, message: string): Finding {
  const value = fields[field];
  if (value === undefined) return { kind: 'missing field', field, value, message: `it is missing; ${message}` };
  return { kind: 'wrong type', field, value, message };
}

/** The problem of an id that `JSON.parse` rounded; undefined when the id is exact. */
function roundedId(fields: Fields, field: string, mayBeText = false): Finding | undefined {
  const value = fields[field];
  return isRoundedId(value) ? { kind: 'wrong value', field, value, message: roundedIdProblem(mayBeText) } : undefined;
}

/** The numbers of a file as written. The file is read again only when a number was rounded. */
class WrittenNumbers {
  readonly #file: string;
  #numbers: ReadonlyMap<string, string> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Adds to the problem how the file writes the number at a place such as `images[3].id`, if it was rounded. */
  told(finding: Finding, place: string): Finding {
    if (!isRoundedId(finding.value)) return finding;
    this.#numbers ??= longNumbers(this.#file);
    const written = this.#numbers.get(place);
    return written === undefined ? finding : { ...finding, message: `the file has ${written}; ${finding.message}` };
  }
}

const ID_FIELDS = ['id', 'image_id', 'category_id'];

/** Fields beyond COCO's own are kept unchanged; numbers in them that `JSON.parse` rounded are problems. */
function* roundedNumbers(fields: Fields): Generator<Finding> {
  for (const field in fields) {
    const value = fields[field];
    if (!isRoundedId(value) || ID_FIELDS.includes(field)) continue;
    const message = 'whole numbers beyond 2^53 are rounded; write it as text';
    yield { kind: 'wrong value', field, value, message };
  }
}

/** An image whose size may be read from its file later. */
export type ListedImage = Omit<CocoImage, 'width' | 'height'> & Partial<Pick<CocoImage, 'width' | 'height'>>;

/** Returns the usable images of a list: a unique id, a file name, and a size that is valid or missing. */
export function checkImages(file: string, list: readonly unknown[], problems: ProblemList): ListedImage[] {
  const images: ListedImage[] = [];
  const ids = new Set<ImageId>();
  const written = new WrittenNumbers(file);
  for (const [index, image] of list.entries()) {
    const place = `images[${index}]`;
    const fail = (finding: Finding): void => problems.error({ file, ...finding });
    if (!isObject(image)) {
      fail({ kind: 'wrong type', field: place, value: image, message: 'each image must be an object' });
      continue;
    }
    const { id, file_name, width, height } = image;
    if (!isId(id)) {
      const finding = wrongField(image, 'id', 'each image needs an id, a number or text');
      fail({ ...finding, field: `${place}.id` });
      continue;
    }
    const rounded = roundedId(image, 'id', true);
    if (rounded) {
      fail({ ...written.told(rounded, `${place}.id`), field: `${place}.id` });
      continue;
    }
    if (ids.has(id)) {
      fail({ kind: 'duplicate', image: id, field: 'id', value: id, message: 'another image has this id already' });
      continue;
    }
    ids.add(id);
    if (typeof file_name !== 'string' || file_name === '') {
      fail({ image: id, ...wrongField(image, 'file_name', 'each image needs the name of its file') });
      continue;
    }
    const side = width !== undefined && !isSide(width) ? 'width' : 'height';
    if ((width !== undefined && !isSide(width)) || (height !== undefined && !isSide(height))) {
      const message = 'it must be a whole number of pixels, at least 1';
      fail({ kind: 'wrong value', image: id, field: side, value: image[side], message });
      continue;
    }
    for (const finding of roundedNumbers(image)) problems.warning({ file, image: id, ...finding });
    images.push(image as Fields & ListedImage);
  }
  return images;
}

/** Returns the usable categories: unique whole ids and names that are not empty. */
export function checkCategories(file: string, list: readonly unknown[], problems: ProblemList): CocoCategory[] {
  const categories: CocoCategory[] = [];
  const ids = new Set<number>();
  const names = new Set<string>();
  const written = new WrittenNumbers(file);
  for (const [index, category] of list.entries()) {
    const place = `categories[${index}]`;
    const fail = (finding: Finding): void => problems.error({ file, ...finding });
    if (!isObject(category)) {
      fail({ kind: 'wrong type', field: place, value: category, message: 'each category must be an object' });
      continue;
    }
    const { id, name } = category;
    if (!Number.isSafeInteger(id)) {
      const wrong = wrongField(category, 'id', 'each category needs a whole number as its id');
      const finding = roundedId(category, 'id') ?? wrong;
      fail({ ...written.told(finding, `${place}.id`), field: `${place}.id` });
      continue;
    }
    if (ids.has(id as number)) {
      fail({ kind: 'duplicate', field: `${place}.id`, value: id, message: 'another category has this id already' });
      continue;
    }
    if (typeof name !== 'string' || name.trim() === '') {
      const finding = wrongField(category, 'name', 'each category needs a name');
      fail({ ...finding, field: `${place}.name` });
      continue;
    }
    if (names.has(name)) {
      const message = 'another category has this name already; rename one, or merge them';
      problems.warning({ file, kind: 'duplicate', field: `${place}.name`, value: name, message });
    }
    ids.add(id as number);
    names.add(name);
    categories.push(category as Fields & CocoCategory);
  }
  return categories;
}

/** What annotations refer to. */
export interface Referents {
  readonly images: ReadonlyMap<ImageId, CocoImage>;
  readonly categories: ReadonlyMap<number, CocoCategory>;
}

/** Returns the usable annotations. A missing `area` becomes width × height, a missing `iscrowd` becomes 0. */
export function checkAnnotations(
  file: string,
  list: readonly unknown[],
  referents: Referents,
  problems: ProblemList,
): CocoAnnotation[] {
  const annotations: CocoAnnotation[] = [];
  const ids = new Set<number>();
  const written = new WrittenNumbers(file);
  for (let index = 0; index < list.length; index++) {
    const annotation = list[index];
    const place = `annotations[${index}]`;
    if (!isObject(annotation)) {
      const message = 'each annotation must be an object';
      problems.error({ file, kind: 'wrong type', field: place, value: annotation, message });
      continue;
    }
    const { id, image_id } = annotation;
    const where = {
      file,
      ...(isId(image_id) && { image: image_id }),
      annotation: Number.isFinite(id) ? Number(id) : place,
    };
    const wrong = findInAnnotation(annotation, ids, referents);
    if (wrong) {
      problems.error({ ...where, ...written.told(wrong, `${place}.${wrong.field}`) });
      continue;
    }
    ids.add(id as number);
    const checked = withDefaults(annotation as Fields & CocoAnnotation, (finding) =>
      problems.warning({ ...where, ...finding }),
    );
    const finding = findInBox(checked.bbox, referents.images.get(checked.image_id)!);
    if (finding) {
      const { severity, kind, message } = finding;
      problems[severity]({ ...where, kind, field: 'bbox', value: checked.bbox, message });
    }
    if (finding?.severity !== 'error') annotations.push(checked);
  }
  return annotations;
}

/** Finds the first problem that makes an annotation unusable. */
function findInAnnotation(annotation: Fields, ids: ReadonlySet<number>, referents: Referents): Finding | undefined {
  const { id, image_id, category_id, bbox, area, iscrowd, segmentation, keypoints } = annotation;
  for (const field of ID_FIELDS) {
    const rounded = roundedId(annotation, field, field === 'image_id');
    if (rounded) return rounded;
  }
  if (!Number.isFinite(id)) return wrongField(annotation, 'id', 'each annotation needs a number as its id');
  if (ids.has(id as number)) {
    return { kind: 'duplicate', field: 'id', value: id, message: 'another annotation has this id already' };
  }
  if (!isId(image_id)) return wrongField(annotation, 'image_id', 'each annotation needs the id of its image');
  if (!referents.images.has(image_id)) {
    const twin = typeof image_id === 'string' ? Number(image_id) : String(image_id);
    const isOfOtherType = referents.images.has(twin);
    const [own, others] = typeof image_id === 'string' ? ['a text', 'a number'] : ['a number', 'a text'];
    const message = isOfOtherType
      ? `it is ${own}, and the image's id is ${others}; write both alike`
      : 'no usable image has this id; add the image, or remove the annotation';
    return { kind: 'unknown reference', field: 'image_id', value: image_id, message };
  }
  if (!Number.isFinite(category_id)) {
    return wrongField(annotation, 'category_id', 'each annotation needs the id of its category, a number');
  }
  if (!referents.categories.has(category_id as number)) {
    const message = 'no usable category has this id; add the category, or remove the annotation';
    return { kind: 'unknown reference', field: 'category_id', value: category_id, message };
  }
  if (!isNumbers(bbox) || bbox.length !== 4) {
    return wrongField(annotation, 'bbox', 'a box is four numbers: x, y, width, height in pixels');
  }
  const mostArea = MOST.coordinate ** 2;
  if (area !== undefined && !(Number.isFinite(area) && (area as number) >= 0 && (area as number) <= mostArea)) {
    return wrongField(annotation, 'area', `it must be a number of square pixels, not negative and at most ${mostArea}`);
  }
  if (iscrowd !== undefined && iscrowd !== 0 && iscrowd !== 1 && typeof iscrowd !== 'boolean') {
    return wrongField(annotation, 'iscrowd', 'it must be 0 or 1');
  }
  if (segmentation !== undefined && segmentation !== null && !isSegmentation(segmentation)) {
    const message = 'it must be polygons, each a list x1, y1, x2, y2 …, or a mask { size: [height, width], counts }';
    return { kind: 'wrong type', field: 'segmentation', value: segmentation, message };
  }
  if (Array.isArray(segmentation) && !segmentation.every(areCoordinates)) {
    return { kind: 'wrong value', field: 'segmentation', value: segmentation, message: FAR_AWAY };
  }
  if (keypoints !== undefined && !(isNumbers(keypoints) && keypoints.length % 3 === 0)) {
    return wrongField(annotation, 'keypoints', 'it must be numbers: x, y and visibility of each keypoint');
  }
  if (isNumbers(keypoints) && !areCoordinates(keypoints)) {
    return { kind: 'wrong value', field: 'keypoints', value: keypoints, message: FAR_AWAY };
  }
  return undefined;
}

function isSegmentation(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((polygon) => isNumbers(polygon) && polygon.length % 2 === 0);
  if (!isObject(value)) return false;
  const { size, counts } = value;
  return isNumbers(size) && size.length === 2 && (typeof counts === 'string' || isNumbers(counts));
}

const areaOf = ([, , width, height]: CocoBox): number => width * height;

function withDefaults(annotation: Fields & CocoAnnotation, warn: (finding: Finding) => void): CocoAnnotation {
  const { id, bbox, area, iscrowd, segmentation } = annotation as Fields & CocoAnnotation & { iscrowd?: unknown };
  if (id === 0) {
    const message = 'pycocotools counts an object of id 0 as never found; number annotations from 1';
    warn({ kind: 'annotation id 0', field: 'id', value: id, message });
  }
  if (area === undefined) {
    const message = 'it is missing; width × height of the box is taken';
    warn({ kind: 'missing field', field: 'area', value: area, message });
  }
  for (const finding of roundedNumbers(annotation)) warn(finding);
  const hasNoMask = segmentation !== undefined && isEmptySegmentation(segmentation);
  if (area !== undefined && typeof iscrowd === 'number' && !hasNoMask) return annotation;
  const { segmentation: mask, ...rest } = annotation;
  return {
    ...rest,
    ...(mask && !hasNoMask && { segmentation: mask }),
    area: area ?? areaOf(bbox),
    iscrowd: iscrowd ? 1 : 0,
  };
}

import { isRoundedId, roundedIdProblem } from '../../datasets/detection/coco/exact-id.ts';
import { numberImages } from '../../datasets/detection/coco/image-numbers.ts';
import type { CocoCategory, ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { readJsonFile } from '../../io/json/large-json.ts';

/** An entry of `images` in a COCO annotation file. */
export interface AnnotatedImage {
  readonly id: ImageId;
  readonly file_name: string;
}

export interface ImageIds {
  /** By position of the file; undefined for one that the annotations do not name. */
  readonly ids: readonly (ImageId | undefined)[];
  readonly source: 'annotations' | 'file names' | 'path order';
  /** Why ids are in path order, for the user to know. */
  readonly note?: string;
}

/** Unicode composed: macOS writes é as two characters, other systems as one. */
const segments = (path: string): string[] =>
  path
    .normalize()
    .split(/[\\/]/)
    .filter((part) => part && part !== '.');
const stem = (name: string): string => name.replace(/(?<=.)\.[^.]*$/, '');

/**
 * Image ids where there are no annotations: the number in each file's name, or, as soon as one has none or two have
 * the same, 1, 2, 3 … for all in the order given.
 */
export function imageIdsFromNames(files: readonly string[]): ImageIds {
  const { ids, note } = numberImages(files);
  return note === undefined ? { ids, source: 'file names' } : { ids, source: 'path order', note };
}

/** Trailing folders that two paths share; the name itself is known to match, the extension may differ. */
function likeness(file: readonly string[], other: readonly string[]): number {
  let shared = 1;
  while (shared < Math.min(file.length, other.length) && file.at(-1 - shared) === other.at(-1 - shared)) shared++;
  return 2 * shared + (file.at(-1) === other.at(-1) ? 1 : 0);
}

/**
 * Image ids by `file_name` of the annotations. Folders count only where names repeat; an image kept in another format
 * (`1.png` for `1.jpg`) is found too.
 *
 * @throws {ResnetCocoError} `BAD_DATASET` where two files could be the same image, or none is named.
 */
export function imageIdsFromAnnotations(files: readonly string[], images: readonly AnnotatedImage[]): ImageIds {
  const byStem = new Map<string, { id: ImageId; path: string[] }[]>();
  for (const { id, file_name } of images) {
    const path = segments(file_name);
    const key = stem(path.at(-1) ?? '');
    const known = byStem.get(key);
    if (known) known.push({ id, path });
    else byStem.set(key, [{ id, path }]);
  }

  const ids: (ImageId | undefined)[] = files.map(() => undefined);
  const claims = new Map<ImageId, { index: number; score: number }>();
  for (const [index, file] of files.entries()) {
    const path = segments(file);
    const scored = (byStem.get(stem(path.at(-1) ?? '')) ?? []).map(({ id, path: other }) => ({
      id,
      score: likeness(path, other),
    }));
    const score = Math.max(...scored.map((candidate) => candidate.score));
    const best = scored.filter((candidate) => candidate.score === score);
    if (best.length > 1) {
      const choice = best.map(({ id }) => id).join(' and ');
      throw new ResnetCocoError('BAD_DATASET', `${file}: could be any of the annotated images ${choice}`);
    }
    if (!best.length) continue;
    const [{ id }] = best;
    const claim = claims.get(id);
    if (claim?.score === score) {
      const both = `'${files[claim.index]}' and '${file}'`;
      throw new ResnetCocoError(
        'BAD_DATASET',
        `${both} could both be the annotated image ${id}: give only one of them`,
      );
    }
    if (claim && claim.score > score) continue;
    if (claim) ids[claim.index] = undefined;
    claims.set(id, { index, score });
    ids[index] = id;
  }
  if (!claims.size && files.length) {
    const named = images.length ? `, whose first is '${images[0].file_name}'` : ', which name no image';
    throw new ResnetCocoError('BAD_DATASET', `no file, such as '${files[0]}', is named in the annotations${named}`);
  }
  return { ids, source: 'annotations' };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a COCO annotation file, what gives detections their ids. */
export interface AnnotatedSet {
  readonly images: readonly AnnotatedImage[];
  /** Empty where the file has none. */
  readonly categories: readonly CocoCategory[];
}

/**
 * The images and categories of a COCO annotation file.
 *
 * @throws {ResnetCocoError} `FILE_NOT_FOUND`, or `BAD_DATASET` naming the field at fault.
 */
export function readAnnotatedSet(path: string): AnnotatedSet {
  const bad = (reason: string): never => {
    throw new ResnetCocoError('BAD_DATASET', `${path}: ${reason}`);
  };
  const content = readJsonFile(path);
  const { categories = [], images } = isRecord(content) ? content : {};
  if (!Array.isArray(images)) return bad("is not a COCO annotation file: it has no list 'images'");
  if (!Array.isArray(categories)) return bad("'categories' is no list");
  const checkIds = (field: string, list: readonly unknown[], name: string, mayBeText: boolean): void => {
    const seen = new Set<unknown>();
    for (const [index, entry] of list.entries()) {
      const { id, [name]: text } = isRecord(entry) ? entry : {};
      const place = `${field}[${index}]`;
      if (typeof text !== 'string') bad(`${place}.${name} wants a text, got ${JSON.stringify(text)}`);
      if (isRoundedId(id)) bad(`${place}.id is read as ${id}: ${roundedIdProblem(mayBeText)}`);
      if (!Number.isSafeInteger(id) && !(mayBeText && typeof id === 'string')) {
        bad(`${place}.id wants a whole number${mayBeText ? ' or a text' : ''}, got ${JSON.stringify(id)}`);
      }
      if (seen.has(id)) bad(`${place}.id repeats ${JSON.stringify(id)}`);
      seen.add(id);
    }
  };
  checkIds('images', images, 'file_name', true);
  checkIds('categories', categories, 'name', false);
  return { images, categories };
}

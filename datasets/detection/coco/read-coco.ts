import { join } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { readJsonFile } from '../../../io/json/large-json.ts';
import { isFolder } from '../../../io/regular-file.ts';
import type { DetectionSource, FoundDataset } from '../detection-source.ts';
import { FileFinder, listFiles } from '../file-finder.ts';
import { ImageFiles } from '../image-files.ts';
import { measureImage } from '../measure-image.ts';
import type { ProblemList } from '../problems.ts';
import {
  checkAnnotations,
  checkCategories,
  checkImages,
  type Fields,
  isObject,
  type ListedImage,
} from './check-coco.ts';
import type { CocoDataset, CocoImage } from './coco-format.ts';
import { findCocoImageFolder } from './coco-image-folder.ts';

/**
 * Reads a COCO annotation file. All fields are kept; a missing `area` or `iscrowd` is added.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when the file is missing
 * @throws ResnetCocoError BAD_DATASET when the file is not JSON or not a COCO data set
 */
export async function readCoco(source: DetectionSource, problems: ProblemList): Promise<FoundDataset> {
  const file = isFolder(source.annotations) ? await findCocoFile(source.annotations, source.split) : source.annotations;
  const root = readJsonFile(file);
  if (!isObject(root)) {
    const hint = Array.isArray(root) ? '; a list is what detection results look like' : '';
    const message = `expected an object with images, annotations and categories${hint}`;
    throw new ResnetCocoError('BAD_DATASET', `${file}: ${message}`);
  }
  const listed = checkImages(file, listOf(file, root, 'images', problems), problems);
  const categories = checkCategories(file, listOf(file, root, 'categories', problems), problems);
  const names = listed.map(({ file_name }) => file_name);
  const folder = source.images ?? findCocoImageFolder(file, names, source.split);
  const finder = folder === undefined ? undefined : await FileFinder.open(folder);
  const files = new ImageFiles(finder, problems, { isGuess: source.images === undefined });
  const images = await findImages(file, listed, files, problems);
  files.tellMissing(file);
  const referents = {
    images: new Map(images.map((image) => [image.id, image])),
    categories: new Map(categories.map((category) => [category.id, category])),
  };
  const annotations = checkAnnotations(file, listOf(file, root, 'annotations', problems), referents, problems);
  return {
    dataset: { ...(root as Fields & Partial<CocoDataset>), images, annotations, categories },
    files: files.paths,
  };
}

function listOf(file: string, root: Fields, field: string, problems: ProblemList): readonly unknown[] {
  const value = root[field];
  if (Array.isArray(value)) return value;
  const kind = value === undefined ? 'missing field' : 'wrong type';
  problems.error({ file, kind, field, value: isObject(value) ? {} : value, message: 'it must be a list' });
  return [];
}

async function findImages(
  file: string,
  listed: readonly ListedImage[],
  files: ImageFiles,
  problems: ProblemList,
): Promise<CocoImage[]> {
  const images: CocoImage[] = [];
  for (const image of listed) {
    const { file_name, width, height } = image;
    files.find(image.id, [file_name], { file, field: 'file_name', value: file_name });
    if (width !== undefined && height !== undefined) {
      images.push(image as CocoImage);
      continue;
    }
    const path = files.paths.get(image.id);
    const size = path === undefined ? undefined : await measureImage(path, image.id, problems);
    if (size) images.push({ ...image, ...size });
    else if (path === undefined) {
      const field = width === undefined ? 'width' : 'height';
      const message = 'it is missing; add it, or name the folder of images, so that it can be read from the file';
      problems.error({ file, image: image.id, kind: 'missing field', field, value: undefined, message });
    }
  }
  return images;
}

/**
 * Finds the annotation file of a folder: its only JSON file, or the only one in `annotations/` or in the split's
 * folder.
 */
async function findCocoFile(folder: string, split: string | undefined): Promise<string> {
  const json = await listFiles(folder, ['json'], 'subfolders');
  const ofSplit = json.filter((name) => split === undefined || name.toLowerCase().includes(split.toLowerCase()));
  const boxes = ofSplit.filter((name) => /instances|_annotations\.coco/i.test(name));
  const candidates = boxes.length ? boxes : ofSplit;
  if (candidates.length === 1) return join(folder, candidates[0]);
  const which = candidates.length ? `could be any of ${candidates.slice(0, 5).join(', ')}` : 'is not in it';
  throw new ResnetCocoError('BAD_DATASET', `${folder}: the COCO annotation file ${which}; name the file itself`);
}

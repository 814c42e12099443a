import { join } from 'node:path';
import { readJsonFile } from '../../io/json/large-json.ts';
import { isFile } from '../../io/regular-file.ts';
import { checkCategories } from './coco/check-coco.ts';
import type { CocoCategory } from './coco/coco-format.ts';
import type { ProblemList } from './problems.ts';

/**
 * COCO's list of categories beside VOC or YOLO annotations, which cannot store ids. We write it, and read it where it
 * exists; other programs can ignore it.
 */
export const CATEGORIES_FILE = 'categories.json';

/** Reads the list of a folder; undefined when the folder has no such file. */
export async function readCategoriesFile(folder: string, problems: ProblemList): Promise<CocoCategory[] | undefined> {
  const path = join(folder, CATEGORIES_FILE);
  if (!isFile(path)) return undefined;
  const list = readJsonFile(path);
  if (Array.isArray(list)) return checkCategories(path, list, problems);
  const message = "it must be a list of COCO's categories; correct or delete the file";
  problems.error({ file: path, kind: 'wrong type', message });
  return undefined;
}

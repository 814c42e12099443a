import { join } from 'node:path';
import { readJsonFile } from '../../io/json/large-json.ts';
import { isFile } from '../../io/regular-file.ts';
import { checkCategories } from './coco/check-coco.ts';
import type { CocoCategory } from './coco/coco-format.ts';
import type { ProblemList } from './problems.ts';

/**
 * COCO's list of categories beside VOC or YOLO annotations, which have no place for the ids. We write it, and read it
 * where it is there; other programs need not know it.
 */
export const CATEGORIES_FILE = 'categories.json';

/** The list in a folder's file; undefined where there is no such file. */
export async function readCategoriesFile(folder: string, problems: ProblemList): Promise<CocoCategory[] | undefined> {
  const path = join(folder, CATEGORIES_FILE);
  if (!isFile(path)) return undefined;
  const list = readJsonFile(path);
  if (Array.isArray(list)) return checkCategories(path, list, problems);
  const message = "it must be a list of COCO's categories; correct or delete the file";
  problems.error({ file: path, kind: 'wrong type', message });
  return undefined;
}

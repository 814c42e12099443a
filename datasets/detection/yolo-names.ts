import { basename, dirname, join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { type Fields, isObject } from './check-coco.ts';
import { isFile, listFiles } from './file-finder.ts';
import { linesOf, readText } from './text-file.ts';

/** The settings of a YOLO data set: the names of its classes, and, where it has a `data.yaml`, that file's fields. */
export interface YoloSettings {
  /** The file that names the classes. */
  readonly file: string;
  /** By class, counted from 0. */
  readonly names: readonly string[];
  /** Of `data.yaml`; empty without one. */
  readonly fields: Fields;
}

const bad = (file: string, problem: string, cause?: unknown): ResnetCocoError =>
  new ResnetCocoError('BAD_DATASET', `${file}: ${problem}`, { cause });

/** The folder itself, and, for a folder of labels, those above it up to the one that holds `labels`. */
function foldersToSearch(folder: string): string[] {
  if (basename(folder) === 'labels') return [folder, dirname(folder)];
  if (basename(dirname(folder)) === 'labels') return [folder, dirname(folder), dirname(dirname(folder))];
  return [folder];
}

/** The file that names a folder's classes: `data.yaml` or another one, `classes.txt`, `obj.names` …; undefined without. */
export async function findNamesFile(folder: string): Promise<string | undefined> {
  for (const place of foldersToSearch(folder)) {
    const known = ['data.yaml', 'data.yml', 'dataset.yaml'].map((name) => join(place, name)).find(isFile);
    if (known) return known;
    const inPlace = await listFiles(place, ['yaml', 'yml', 'names'], 'folder');
    const yamls = inPlace.filter((name) => !name.endsWith('.names'));
    if (yamls.length === 1) return join(place, yamls[0]);
    const list = ['classes.txt', 'labels.txt', ...inPlace.filter((name) => name.endsWith('.names'))];
    const found = list.map((name) => join(place, name)).find(isFile);
    if (found) return found;
  }
  return undefined;
}

/** @throws ResnetCocoError FILE_NOT_FOUND; BAD_DATASET, naming the field */
export async function readYoloSettings(file: string): Promise<YoloSettings> {
  const text = await readText(file);
  if (!/\.ya?ml$/i.test(file)) {
    return {
      file,
      names: checkNames(
        file,
        linesOf(text).map((line) => line.trim()),
      ),
      fields: {},
    };
  }
  const { parse } = await import('yaml');
  let fields: unknown;
  try {
    fields = parse(text);
  } catch (cause) {
    throw bad(file, `is not YAML: ${(cause as Error).message.split('\n')[0]}`, cause);
  }
  if (!isObject(fields)) throw bad(file, 'expected fields such as names, train and val');
  if (fields.kpt_shape !== undefined) throw bad(file, 'kpt_shape is set: labels with keypoints are not supported');
  return { file, names: checkNames(file, namesOf(file, fields)), fields };
}

/** A list, or a map from 0, 1, 2 … to names; without either, numbers up to `nc`. */
function namesOf(file: string, { names, nc }: Fields): unknown[] {
  if (Array.isArray(names)) return names;
  if (isObject(names)) {
    return Object.keys(names).map((_, index) => {
      if (!(index in names)) throw bad(file, `names has no entry ${index}; classes are numbered from 0 on`);
      return names[index];
    });
  }
  if (names === undefined && Number.isSafeInteger(nc) && (nc as number) > 0) {
    return Array.from({ length: nc as number }, (_, index) => `class${index}`);
  }
  throw bad(file, 'names must be a list of the names of the classes, or a map from 0, 1, 2 … to them');
}

function checkNames(file: string, names: readonly unknown[]): string[] {
  if (!names.length) throw bad(file, 'it names no classes');
  const seen = new Map<string, number>();
  return names.map((value, index) => {
    const name = typeof value === 'number' ? String(value) : value;
    if (typeof name !== 'string' || name.trim() === '') throw bad(file, `names[${index}] is empty or no text; name it`);
    const other = seen.get(name);
    if (other !== undefined) throw bad(file, `names[${index}] is '${name}', as names[${other}] is; rename one`);
    seen.set(name, index);
    return name;
  });
}

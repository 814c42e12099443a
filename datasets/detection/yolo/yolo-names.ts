import { basename, dirname, join } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { isFile, readBytesSync } from '../../../io/regular-file.ts';
import { decodeText } from '../../../io/text-encoding.ts';
import { linesOf, readText } from '../../../io/text-file.ts';
import { isImageName, isUnreadImageName } from '../../images/image-extensions.ts';
import { type Fields, isObject } from '../coco/check-coco.ts';
import { listFiles } from '../file-finder.ts';
import { Spellings, spelledPath } from '../spelling.ts';
import { parseYaml } from './yaml-settings.ts';
import { locate } from './yolo-paths.ts';

/** The settings of a YOLO data set: its class names and, if there is a `data.yaml`, that file's fields. */
export interface YoloSettings {
  /** The file that names the classes. */
  readonly file: string;
  /** By class, counted from 0. */
  readonly names: readonly string[];
  /** Fields of `data.yaml`; empty without one. */
  readonly fields: Fields;
}

/** Darknet's settings have only a few lines. */
const MAX_SETTINGS_BYTES = 2 ** 20;
/** Ten times the classes of the largest published set; memory grows with this number. */
const MAX_CLASSES = 50_000;
const MAX_NAME = 1000;

const bad = (file: string, problem: string, cause?: unknown): ResnetCocoError =>
  new ResnetCocoError('BAD_DATASET', `${file}: ${problem}`, { cause });

/** The folder itself and, for a folder of labels, its parents up to the one that holds `labels`. */
function foldersToSearch(folder: string): string[] {
  const isLabels = (path: string): boolean => basename(path).toLowerCase() === 'labels';
  if (isLabels(folder)) return [folder, dirname(folder)];
  if (isLabels(dirname(folder))) return [folder, dirname(folder), dirname(dirname(folder))];
  return [folder];
}

/**
 * Finds the file that names a folder's classes: `data.yaml` or another YAML file, Darknet's `obj.data`, `classes.txt`,
 * `obj.names` …; undefined when there is none.
 */
export async function findNamesFile(folder: string): Promise<string | undefined> {
  for (const place of foldersToSearch(folder)) {
    const inPlace = await listFiles(place, ['yaml', 'yml', 'data', 'names', 'labels', 'txt'], 'folder');
    const spelled = new Spellings(inPlace);
    const endingIn = (ending: RegExp): string[] => inPlace.filter((name) => ending.test(name));
    const yamls = endingIn(/\.ya?ml$/i);
    const known = ['data.yaml', 'data.yml', 'dataset.yaml'].map((name) => spelled.find(name));
    const found = [
      ...known,
      yamls.length === 1 ? yamls[0] : undefined,
      ...endingIn(/\.data$/i).filter((name) => isDarknetData(join(place, name))),
      ...['classes.txt', 'labels.txt'].map((name) => spelled.find(name)),
      ...endingIn(/\.(names|labels)$/i),
    ].find((name) => name !== undefined);
    if (found !== undefined) return join(place, found);
  }
  // Roboflow writes the same names beside each split's images.
  const [inSplit] = await listFiles(folder, ['labels'], 'subfolders');
  return inSplit === undefined ? undefined : join(folder, inSplit);
}

/**
 * @throws ResnetCocoError FILE_NOT_FOUND when the file is missing
 * @throws ResnetCocoError BAD_DATASET when a field is wrong; names the field
 */
export async function readYoloSettings(file: string): Promise<YoloSettings> {
  if (/\.data$/i.test(file)) return await readDarknetSettings(file);
  if (!/\.ya?ml$/i.test(file)) return { file, names: await readNames(file), fields: await listsBeside(file) };
  const text = await readText(file);
  let fields: unknown;
  try {
    fields = await parseYaml(text);
  } catch (cause) {
    throw bad(file, `is not YAML: ${(cause as Error).message.split('\n')[0]}`, cause);
  }
  if (!isObject(fields)) throw bad(file, 'expected fields such as names, train and val');
  if (fields.kpt_shape != null) {
    const remedy = "keep the first five columns of each line and remove kpt_shape, or convert them to COCO's JSON";
    throw bad(
      file,
      `kpt_shape is ${JSON.stringify(fields.kpt_shape)}: labels with keypoints are not supported; ${remedy}`,
    );
  }
  return { file, names: checkNames(file, namesOf(file, fields)), fields };
}

/** One name per line. */
const readNames = async (file: string): Promise<string[]> =>
  checkNames(
    file,
    linesOf(await readText(file)).map((line) => line.trim()),
  );

/** Darknet's settings, which CVAT and Roboflow write: `train = data/train.txt`, `names = data/obj.names`. */
async function readDarknetSettings(file: string): Promise<YoloSettings> {
  const { names, ...fields } = darknetFields(await readText(file));
  const path = names === undefined ? undefined : locate(names, { file, fields });
  if (path === undefined) throw bad(file, `names is ${names ?? 'missing'}: no such file of the names of the classes`);
  return { file, names: await readNames(path), fields };
}

function darknetFields(text: string): Readonly<Record<string, string>> {
  const pairs = linesOf(text).map((line) => /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line));
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1].toLowerCase(), pair[2]]] : [])));
}

function isDarknetData(file: string): boolean {
  try {
    return (
      darknetFields(decodeText(readBytesSync(file, { maxBytes: MAX_SETTINGS_BYTES, code: 'BAD_DATASET' }))).names !==
      undefined
    );
  } catch {
    return false;
  }
}

/** Image lists such as `train.txt` beside the names. */
async function listsBeside(file: string): Promise<Fields> {
  const fields: Record<string, string> = {};
  for (const split of ['train', 'val', 'valid', 'test']) {
    const path = spelledPath(dirname(file), `${split}.txt`);
    if (path === undefined || !isFile(path)) continue;
    const [first] = linesOf(await readText(path).catch(() => '')).filter((line) => line.trim() !== '');
    if (first !== undefined && (isImageName(first.trim()) || isUnreadImageName(first.trim())))
      fields[split] = basename(path);
  }
  return fields;
}

/** A list, or a map from 0, 1, 2 … to names; without names, the numbers below `nc`. */
function namesOf(file: string, { names, nc }: Fields): unknown[] {
  if (Array.isArray(names)) return names;
  if (isObject(names)) {
    return Object.keys(names).map((_, index) => {
      if (!(index in names)) throw bad(file, `names has no entry ${index}; classes are numbered from 0 on`);
      return names[index];
    });
  }
  if (names === undefined && Number.isInteger(nc) && (nc as number) > 0) {
    if ((nc as number) > MAX_CLASSES) throw bad(file, `nc is ${nc}; there are at most ${MAX_CLASSES} classes`);
    return Array.from({ length: nc as number }, (_, index) => `class${index}`);
  }
  throw bad(file, 'names must be a list of the names of the classes, or a map from 0, 1, 2 … to them');
}

function checkNames(file: string, names: readonly unknown[]): string[] {
  if (!names.length) throw bad(file, 'it names no classes');
  if (names.length > MAX_CLASSES) {
    throw bad(file, `names has ${names.length} entries; there are at most ${MAX_CLASSES} classes`);
  }
  const seen = new Map<string, number>();
  return names.map((value, index) => {
    const name = typeof value === 'number' ? String(value) : value;
    if (typeof name !== 'string' || name.trim() === '')
      throw bad(file, `names[${index}] is empty or not text; name it`);
    if (name.length > MAX_NAME) {
      throw bad(file, `names[${index}] has ${name.length} characters; a name has at most ${MAX_NAME}`);
    }
    const other = seen.get(name);
    if (other !== undefined) throw bad(file, `names[${index}] is '${name}', as names[${other}] is; rename one`);
    seen.set(name, index);
    return name;
  });
}

import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import type { DetectionSource } from './detection-source.ts';
import { FileFinder, isFile, isFolder, portablePath, withoutExtension } from './file-finder.ts';
import { spellingsOfSplit } from './splits.ts';
import { linesOf, readText } from './text-file.ts';
import { findNamesFile, readYoloSettings, type YoloSettings } from './yolo-names.ts';

/** An image of a YOLO data set. */
export interface YoloImage {
  readonly path: string;
  /** What `file_name` says: relative to the folder of images. */
  readonly name: string;
  /** Where its labels may lie, the likeliest first. */
  readonly labels: readonly string[];
}

export interface YoloLayout {
  readonly settings: YoloSettings;
  readonly images: readonly YoloImage[];
  /** Images that a list names and that do not exist. */
  readonly missing: readonly { readonly list: string; readonly line: number; readonly name: string }[];
}

const SPLITS = ['train', 'val', 'test'] as const;

const bad = (file: string, problem: string): ResnetCocoError =>
  new ResnetCocoError('BAD_DATASET', `${file}: ${problem}`);

/** @throws ResnetCocoError FILE_NOT_FOUND, BAD_DATASET */
export async function findYoloLayout(source: DetectionSource): Promise<YoloLayout> {
  const { annotations, split } = source;
  const folder = isFolder(annotations) ? annotations : dirname(annotations);
  const file = folder === annotations ? await findNamesFile(folder) : annotations;
  if (file === undefined) {
    throw bad(folder, 'no names of classes; YOLO has them in data.yaml, classes.txt or obj.names');
  }
  const settings = await readYoloSettings(file);
  if (source.images !== undefined) {
    return { settings, images: await imagesOf(source.images, folder, split), missing: [] };
  }
  const places = await placesOf(settings, folder, split);
  const images: YoloImage[] = [];
  const missing: YoloLayout['missing'][number][] = [];
  const base = isFolder(join(dirname(file), 'images')) ? join(dirname(file), 'images') : dirname(file);
  for (const place of places) {
    if (isFolder(place)) {
      const finder = await FileFinder.open(place);
      for (const name of finder.names) images.push(yoloImage(finder.path(name), base, place));
      continue;
    }
    for (const [index, line] of linesOf(await readText(place)).entries()) {
      const name = line.trim();
      if (name === '') continue;
      const path = listedPath(name, place, dirname(file));
      if (isFile(path)) images.push(yoloImage(path, base, dirname(place)));
      else missing.push({ list: place, line: index + 1, name });
    }
  }
  if (!images.length && !missing.length) throw bad(places.join(', '), 'no images in it');
  // Splits may share images.
  return { settings, images: [...new Map(images.map((image) => [image.path, image])).values()], missing };
}

function yoloImage(path: string, base: string, place: string): YoloImage {
  const below = relative(base, path);
  const name = below.startsWith('..') || isAbsolute(below) ? relative(place, path) : below;
  return { path, name: portablePath(name.replaceAll(sep, '/')), labels: labelPaths(path) };
}

/** As Ultralytics has it: `images` becomes `labels` in the path, the last where there are several; else beside it. */
function labelPaths(image: string): string[] {
  const parts = withoutExtension(image.replaceAll(sep, '/')).split('/');
  const beside = `${parts.join('/')}.txt`;
  const at = parts.lastIndexOf('images');
  if (at < 0) return [beside];
  return [`${parts.with(at, 'labels').join('/')}.txt`, beside];
}

function listedPath(line: string, list: string, root: string): string {
  if (isAbsolute(line)) return line;
  const fromList = resolve(dirname(list), line);
  return line.startsWith('./') || isFile(fromList) ? fromList : resolve(root, line);
}

/** The images of a folder that was named, with labels in `folder` at the same places. */
async function imagesOf(images: string, folder: string, split: string | undefined): Promise<YoloImage[]> {
  const finder = await FileFinder.open(images);
  const labelFolder = isFolder(join(folder, 'labels')) ? join(folder, 'labels') : folder;
  const labels = await FileFinder.open(labelFolder, ['txt']);
  const inSplit = (name: string): boolean =>
    split === undefined || spellingsOfSplit(split).includes(name.split('/')[0]);
  const hasSplit = split !== undefined && [...finder.names, ...labels.names].some(inSplit);
  const found = finder.names.map((name) => {
    const label = labels.find(`${withoutExtension(name)}.txt`);
    const path = finder.path(name);
    return { name, label, image: { path, name, labels: label ? [labels.path(label)] : labelPaths(path) } };
  });
  const wanted = found.filter(({ name, label }) => !hasSplit || inSplit(name) || (label && inSplit(label)));
  if (!wanted.length) throw bad(images, 'no images in it');
  return wanted.map(({ image }) => image);
}

/** Folders of images, and lists of images, of the split. */
async function placesOf({ file, fields }: YoloSettings, folder: string, split: string | undefined): Promise<string[]> {
  const named = SPLITS.filter((name) => spellingsOfSplit(name).some((spelling) => fields[spelling] != null));
  if (!named.length && fields[split ?? ''] == null) return [usualPlace(folder, split)];
  const wanted = split === undefined ? named : [split];
  const places: string[] = [];
  const gone: string[] = [];
  for (const name of wanted) {
    const key = spellingsOfSplit(name).find((spelling) => fields[spelling] != null);
    if (key === undefined) throw bad(file, `it has no ${name}; it has ${named.join(', ')}`);
    const value = fields[key];
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (typeof entry !== 'string') throw bad(file, `${key} must be a folder of images, a list of images, or several`);
      const place = locate(entry, file, fields.path);
      if (place) places.push(place);
      else gone.push(`${key} is ${entry}`);
    }
  }
  // Files often tell of a split that was never made, so that it counts only where it was asked for.
  if (gone.length && (split !== undefined || !places.length)) {
    throw new ResnetCocoError('FILE_NOT_FOUND', `${file}: ${gone.join(', ')}: no such folder or list`);
  }
  return [...new Set(places)];
}

/** Where an entry of `data.yaml` leads: from its `path`, or from the file itself, also as Roboflow means `../train`. */
function locate(entry: string, file: string, path: unknown): string | undefined {
  const home = dirname(file);
  const roots = typeof path === 'string' ? [resolve(home, path), resolve(path), home] : [home];
  const entries = entry.startsWith('../') ? [entry, entry.slice('../'.length)] : [entry];
  return roots
    .flatMap((root) => entries.map((name) => resolve(root, name)))
    .find((place) => isFolder(place) || isFile(place));
}

/** Where images lie that no file tells of. */
function usualPlace(folder: string, split: string | undefined): string {
  const parts = folder.replaceAll(sep, '/').split('/');
  const at = parts.lastIndexOf('labels');
  const mirrored = at < 0 ? [] : [parts.with(at, 'images').join('/')];
  const roots = [...mirrored, join(folder, 'images'), folder];
  const candidates =
    split === undefined
      ? roots
      : spellingsOfSplit(split).flatMap((name) => [
          ...roots.map((root) => join(root, name)),
          join(folder, name, 'images'),
        ]);
  const place = candidates.find(isFolder);
  if (place !== undefined) return place;
  const where = split === undefined ? '' : ` of the split ${split}`;
  throw new ResnetCocoError('FILE_NOT_FOUND', `${folder}: no folder of images${where}; name the folder of images`);
}

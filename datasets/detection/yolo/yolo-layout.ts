import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { isFile, isFolder } from '../../../io/regular-file.ts';
import { linesOf, readText } from '../../../io/text-file.ts';
import { unreadImageExtensions } from '../../images/image-extensions.ts';
import type { DetectionSource } from '../detection-source.ts';
import { FileFinder, irregularImages, listFiles, portablePath, withoutExtension } from '../file-finder.ts';
import { Folders, Spellings, spelledPath } from '../spelling.ts';
import { spellingsOfSplit } from '../splits.ts';
import { isLabelFile, type UnusedLabels, YoloLabelFiles } from './yolo-label-files.ts';
import { findNamesFile, readYoloSettings, type YoloSettings } from './yolo-names.ts';
import { findFrom, rootsOf } from './yolo-paths.ts';
import { entriesOf, placesOf } from './yolo-splits.ts';

/** An image of a YOLO data set. */
export interface YoloImage {
  readonly path: string;
  /** `file_name`: relative to the folder of images. */
  readonly name: string;
  /** Its label file; undefined when it has none. */
  readonly labels: string | undefined;
}

/** A listed image that does not exist. */
export interface MissingImage {
  readonly list: string;
  readonly line: number;
  readonly name: string;
}

export interface YoloLayout {
  readonly settings: YoloSettings;
  readonly images: readonly YoloImage[];
  readonly missing: readonly MissingImage[];
  /** Where the labels of the first image were looked for. */
  readonly expected: readonly string[];
  readonly unused: UnusedLabels;
  /** Images of formats that cannot be read, in the folders searched. */
  readonly unread: readonly string[];
  /** Pipes, devices and sockets with image names, in these folders. */
  readonly irregular: readonly string[];
}

const bad = (file: string, problem: string): ResnetCocoError =>
  new ResnetCocoError('BAD_DATASET', `${file}: ${problem}`);

/**
 * @throws ResnetCocoError FILE_NOT_FOUND when a file or folder is missing
 * @throws ResnetCocoError BAD_DATASET when there are no class names or no images
 */
export async function findYoloLayout(source: DetectionSource): Promise<YoloLayout> {
  const { annotations, images, split } = source;
  const folder = isFolder(annotations) ? annotations : dirname(annotations);
  const file = folder === annotations ? await findNamesFile(folder) : annotations;
  if (file === undefined) {
    throw bad(folder, 'no names of classes; YOLO has them in data.yaml, classes.txt or obj.names');
  }
  const settings = await readYoloSettings(file);
  if (images !== undefined) return { settings, ...(await imagesIn(images, folder, settings, split)) };
  const places = await placesOf(settings, folder, split);
  const search = new YoloImageSearch(folder, settings);
  for (const place of places) {
    if (isFolder(place)) await search.addFolder(place);
    else await search.addList(place);
  }
  if (!search.images.size && !search.missing.length && !search.unread.size)
    throw bad(places.join(', '), 'no images in it');
  return { settings, ...(await search.found(split === undefined)) };
}

/** Collects the images of folders and lists; splits may share images. */
class YoloImageSearch {
  /** By path. */
  readonly images = new Map<string, YoloImage>();
  readonly missing: MissingImage[] = [];
  readonly unread = new Set<string>();
  readonly #irregular = new Set<string>();
  readonly #folders: string[] = [];
  readonly #labels = new YoloLabelFiles();
  readonly #spelled = new Folders();
  readonly #settings: YoloSettings;
  /** The folder that `file_name` is relative to. */
  readonly #base: string;

  constructor(folder: string, settings: YoloSettings) {
    this.#settings = settings;
    const home = dirname(settings.file);
    // The file of names may be in a split's folder, or above the folder the user named.
    const root = relative(folder, home).startsWith('..') ? home : folder;
    const images = spelledPath(root, 'images');
    this.#base = images !== undefined && isFolder(images) ? images : root;
  }

  async addFolder(place: string): Promise<void> {
    this.#folders.push(place);
    const finder = await FileFinder.open(place);
    for (const name of finder.names) this.#add(finder.path(name), place);
    for (const name of await listFiles(place, unreadImageExtensions)) this.unread.add(join(place, name));
    for (const path of irregularImages(place)) this.#irregular.add(path);
  }

  async addList(list: string): Promise<void> {
    const roots = [dirname(list), ...rootsOf(this.#settings)];
    for (const { line, names } of listLines(await readText(list))) {
      let path: string | undefined;
      for (const name of names) path ??= findFrom(roots, name, this.#spelled);
      if (path !== undefined && isFile(path)) this.#add(path, dirname(list));
      else this.missing.push({ list, line, name: names[0].trim() });
    }
  }

  async found(isWhole: boolean): Promise<Omit<YoloLayout, 'settings'>> {
    const images = [...this.images.values()];
    return {
      images,
      missing: this.missing,
      unread: [...this.unread],
      irregular: [...this.#irregular],
      expected: images.length ? this.#labels.expected(images[0].path) : [],
      unused: await this.#labels.unused(this.#folders, isWhole),
    };
  }

  #add(path: string, place: string): void {
    if (this.images.has(path)) return;
    const below = relative(this.#base, path);
    const name = below.startsWith('..') || isAbsolute(below) ? relative(place, path) : below;
    this.images.set(path, {
      path,
      name: portablePath(name.replaceAll(sep, '/')),
      labels: this.#labels.find(path),
    });
  }
}

/** The lines of an image list, each unchanged and trimmed. */
function listLines(text: string): { line: number; names: string[] }[] {
  return linesOf(text).flatMap((line, index) =>
    line.trim() === '' ? [] : [{ line: index + 1, names: [...new Set([line, line.trim()])] }],
  );
}

/** The images of a folder the user named; `folder` holds labels at the same relative paths. */
async function imagesIn(
  images: string,
  folder: string,
  settings: YoloSettings,
  split: string | undefined,
): Promise<Omit<YoloLayout, 'settings'>> {
  const finder = await FileFinder.open(images);
  const labelFolder = spelledPath(folder, 'labels') ?? folder;
  const labels = await FileFinder.open(isFolder(labelFolder) ? labelFolder : folder, ['txt']);
  const beside = new YoloLabelFiles();
  const { names, missing } = await namesOfSplit(finder, labels, settings, split);
  if (!names.length && !missing.length) throw bad(images, 'no images in it');
  const used = new Set<string>();
  const found = names.map((name) => {
    const path = finder.path(name);
    const label = labels.find(`${withoutExtension(name)}.txt`);
    if (label !== undefined) used.add(label);
    return { name, path, labels: label === undefined ? beside.find(path) : labels.path(label) };
  });
  const unread = await listFiles(images, unreadImageExtensions);
  const stems = new Spellings([...finder.names, ...unread], (name) => withoutExtension(basename(name)));
  const withoutImage: string[] = [];
  for (const name of labels.names) {
    if (used.has(name) || stems.has(withoutExtension(basename(name)))) continue;
    const path = labels.path(name);
    if (await isLabelFile(path, false)) withoutImage.push(path);
  }
  return {
    images: found,
    missing,
    unread: unread.map((name) => join(images, name)),
    irregular: irregularImages(images),
    expected: names.length ? beside.expected(finder.path(names[0])) : [],
    unused: { withoutImage, ofOtherImages: [] },
  };
}

/** The images of a folder that belong to a split: by its list, or by their own or their labels' folder. */
async function namesOfSplit(
  finder: FileFinder,
  labels: FileFinder,
  settings: YoloSettings,
  split: string | undefined,
): Promise<{ names: readonly string[]; missing: MissingImage[] }> {
  const lists = entriesOf(settings, split).flatMap(({ place }) =>
    place !== undefined && isFile(place) ? [place] : [],
  );
  if (lists.length) return await listedIn(finder, lists);
  if (split === undefined) return { names: finder.names, missing: [] };
  const inSplit = (name: string): boolean => spellingsOfSplit(split).includes(name.split('/')[0]);
  if (![...finder.names, ...labels.names].some(inSplit)) return { names: finder.names, missing: [] };
  const names = finder.names.filter((name) => {
    const label = labels.find(`${withoutExtension(name)}.txt`);
    return inSplit(name) || (label !== undefined && inSplit(label));
  });
  return { names, missing: [] };
}

async function listedIn(finder: FileFinder, lists: readonly string[]) {
  const names = new Set<string>();
  const missing: MissingImage[] = [];
  for (const list of lists) {
    for (const { line, names: texts } of listLines(await readText(list))) {
      let name: string | undefined;
      for (const text of texts) name ??= finder.find(text);
      if (name === undefined) missing.push({ list, line, name: texts[0].trim() });
      else names.add(name);
    }
  }
  return { names: [...names], missing };
}

import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { isFolder, statsOf, unreadable } from '../../io/regular-file.ts';
import { imageExtensions, isHidden, isImageName, isUnreadImageName } from '../images/image-extensions.ts';
import type { ClassificationDataset, Split } from './classification-dataset.ts';

/** Names of the splits' folders. */
const SPLITS: Readonly<Record<Split, readonly string[]>> = {
  train: ['train'],
  test: ['test', 'val', 'validation', 'valid'],
};
const WNID = /^n\d{8}$/;

const bad = (folder: string, problem: string) => new ResnetCocoError('BAD_DATASET', `${folder}: ${problem}`);

/** Sorts by code points as Python does; UTF-8 keeps their order, JavaScript's own comparison does not. */
const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Opens a folder with one folder per class; classes and images are in torchvision's order. Images may be in subfolders;
 * hidden files and folders are left out. If the folder contains only splits (`train`, and `test` or `val`), `split` is
 * opened, `test` by default. Class names are the folders' names in Unicode NFC, so that they are the same on every
 * system.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such folder
 * @throws ResnetCocoError BAD_DATASET when a class has no images, two folders have one name, or the split is missing
 */
export async function openImageFolder(folder: string, split?: Split): Promise<ClassificationDataset> {
  const root = await splitFolder(folder, split);
  const folders = await foldersIn(root);
  if (!folders.length) throw bad(root, 'no folders in it; expected one per class, with its images');
  const classes = folders.map((name) => name.normalize());
  const twice = classes.find((name, index) => classes.indexOf(name) !== index);
  if (twice !== undefined)
    throw bad(root, `two folders are called '${twice}', as Unicode has it; merge or rename them`);
  const files: string[] = [];
  const unread: string[] = [];
  const ends: number[] = [];
  for (const name of folders) {
    for (const file of await imagesBelow(join(root, name))) (isImageName(file) ? files : unread).push(file);
    ends.push(files.length);
  }
  const empty = classes.filter((_, i) => ends[i] === (ends[i - 1] ?? 0));
  if (empty.length) {
    const names = empty.slice(0, 5).join(', ') + (empty.length > 5 ? ` and ${empty.length - 5} more` : '');
    throw bad(root, `no images in the folders ${names} (looked for .${imageExtensions.join(' .')})`);
  }
  const stray = (await entriesOf(root)).flatMap(({ name }) => (isImageName(name) ? [join(root, name)] : []));
  const notes = [
    ...noteOf(unread, 'of a format that is not read; convert to JPEG or PNG'),
    ...noteOf(stray, 'in no folder of a class'),
  ];
  return new ImageFolder(classes, files, ends, notes);
}

function noteOf(files: readonly string[], problem: string): string[] {
  if (!files.length) return [];
  const count = files.length === 1 ? '1 image is' : `${files.length} images are`;
  return [`${count} ${problem}, such as ${files[0]}`];
}

class ImageFolder implements ClassificationDataset {
  readonly name = 'imagefolder';
  readonly classes: readonly string[];
  readonly wnids?: readonly string[];
  readonly length: number;
  readonly notes: readonly string[];
  readonly #files: readonly string[];
  readonly #labels: Int32Array;

  /** @param ends for each class, the number of files up to its last */
  constructor(classes: readonly string[], files: readonly string[], ends: readonly number[], notes: readonly string[]) {
    this.classes = classes;
    this.notes = notes;
    if (classes.every((name) => WNID.test(name))) this.wnids = classes;
    this.length = files.length;
    this.#files = files;
    this.#labels = new Int32Array(files.length);
    for (const [label, end] of ends.entries()) this.#labels.fill(label, ends[label - 1] ?? 0, end);
  }

  nameOf(index: number): string {
    return this.#files[index];
  }

  image(index: number): string {
    return this.#files[index];
  }

  label(index: number): number {
    return this.#labels[index];
  }
}

/** Whether folders are those of splits, and not of classes. */
function areSplits(folders: readonly string[]): boolean {
  const known = Object.values(SPLITS).flat();
  return folders.length > 0 && folders.every((name) => known.includes(name.toLowerCase()));
}

/** Whether a folder has splits. @throws ResnetCocoError FILE_NOT_FOUND when there is no such folder */
export const hasSplits = async (folder: string): Promise<boolean> => areSplits(await foldersIn(folder));

async function splitFolder(folder: string, split: Split | undefined): Promise<string> {
  const found = await foldersIn(folder);
  if (!areSplits(found)) {
    if (split === undefined) return folder;
    throw bad(folder, `no folder '${split}' that is a split: its folders are the classes; leave the split out`);
  }
  const name = SPLITS[split ?? 'test']
    .map((name) => found.find((folder) => folder.toLowerCase() === name))
    .find((name) => name !== undefined);
  if (name !== undefined) return join(folder, name);
  throw bad(folder, `no ${SPLITS[split ?? 'test'].join(' or ')} in it, only ${found.join(', ')}; name another split`);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !isHidden(name)).sort((a, b) => byCodePoints(a.name, b.name));
  } catch (cause) {
    const isOther = (cause as NodeJS.ErrnoException).code === 'ENOTDIR' && statsOf(folder) !== undefined;
    if (isOther) throw new ResnetCocoError('FILE_NOT_FOUND', `${folder}: not a folder`, { cause });
    throw unreadable(folder, cause, 'folder');
  }
}

/** Whether an entry is a folder or a link to one. */
const leadsToFolder = (parent: string, entry: Dirent): boolean =>
  entry.isSymbolicLink() ? isFolder(join(parent, entry.name)) : entry.isDirectory();

async function foldersIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(folder)) if (leadsToFolder(folder, entry)) names.push(entry.name);
  return names;
}

/**
 * A folder and those below, each with the names of its images, readable or not. Broken links are included: reading them
 * reports the error.
 *
 * @param ancestors folders that a link must not lead back to
 */
async function foldersBelow(
  folder: string,
  ancestors: readonly string[],
): Promise<[folder: string, names: string[]][]> {
  const real = await realpath(folder).catch((cause: unknown) => {
    throw unreadable(folder, cause, 'folder');
  });
  if (ancestors.includes(real)) return [];
  const names: string[] = [];
  const below: [string, string[]][] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (leadsToFolder(folder, entry)) below.push(...(await foldersBelow(path, [...ancestors, real])));
    else if (isImageName(entry.name) || isUnreadImageName(entry.name)) names.push(entry.name);
  }
  return [[folder, names], ...below];
}

/** In torchvision's order: by the folder's path, then by name. */
async function imagesBelow(folder: string): Promise<string[]> {
  const folders = await foldersBelow(folder, []);
  return folders
    .sort(([a], [b]) => byCodePoints(a, b))
    .flatMap(([path, names]) => names.map((name) => join(path, name)));
}

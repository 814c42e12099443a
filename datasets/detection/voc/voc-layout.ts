import { basename, dirname, join, posix, resolve } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { isFile, isFolder } from '../../../io/regular-file.ts';
import { linesOf, readText } from '../../../io/text-file.ts';
import { isImageName } from '../../images/image-extensions.ts';
import type { DetectionSource } from '../detection-source.ts';
import { FileFinder, listFiles, portablePath, withoutExtension } from '../file-finder.ts';
import { Spellings, spelledPath } from '../spelling.ts';
import { spellingsOfSplit } from '../splits.ts';

/** The files and folders of a VOC data set. */
export interface VocLayout {
  /** The folder with `Annotations/`, `ImageSets/` and `JPEGImages/`, or the plain folder of XML files. */
  readonly root: string;
  readonly xmlFolder: string;
  /** Every annotation, relative to `xmlFolder`, in order. */
  readonly names: readonly string[];
  readonly finder: FileFinder | undefined;
  /** The split's list of images. */
  readonly list: VocList | undefined;
}

/** A list of images, as `ImageSets/Main/train.txt`. */
export interface VocList {
  readonly file: string;
  readonly entries: readonly {
    /** The text of the line. */
    readonly text: string;
    /** The image's annotation; undefined when there is none. */
    readonly name: string | undefined;
  }[];
}

/** Folders of lists: VOC's own, and those that other programs use. */
const LISTS = ['ImageSets/Main', 'ImageSets', '.'];
const IMAGES = ['JPEGImages', 'images'];

/** A folder within another, matched as in `Spellings`. */
function folderIn(folder: string, name: string): string | undefined {
  const path = spelledPath(folder, name);
  return path !== undefined && isFolder(path) ? path : undefined;
}

/** The folder of XML files, if a data set has one of the usual name. */
export async function annotationsFolder(root: string): Promise<string | undefined> {
  const folder = folderIn(root, 'Annotations');
  if (folder === undefined) return undefined;
  // COCO's folder of JSON files may have the same name.
  const names = await listFiles(folder, ['xml', 'json']);
  return !names.length || names.some((name) => /\.xml$/i.test(name)) ? folder : undefined;
}

/**
 * @throws ResnetCocoError FILE_NOT_FOUND when a folder or the split's list is missing
 * @throws ResnetCocoError BAD_DATASET when there are no XML files
 */
export async function findVocLayout({ annotations, images, split }: DetectionSource): Promise<VocLayout> {
  const folder = await annotationsFolder(annotations);
  const root = folder === undefined && isPartOfDevkit(annotations) ? parentOf(annotations) : annotations;
  const list = split === undefined ? undefined : findList(root, split);
  const ofSplit = split === undefined || list !== undefined ? undefined : splitFolder(folder ?? annotations, split);
  if (split !== undefined && list === undefined && ofSplit === undefined) throw await noSplit(root, split);
  const xmlFolder = ofSplit ?? folder ?? annotations;
  const names = await listFiles(xmlFolder, ['xml']);
  if (!names.length) {
    throw new ResnetCocoError('BAD_DATASET', `${xmlFolder}: no XML files in it; Pascal VOC has one for each image`);
  }
  return {
    root,
    xmlFolder,
    names,
    finder: await findImageFolder(images, root, xmlFolder),
    list: list === undefined ? undefined : await readList(list, names),
  };
}

/** The parent folder, also of `.`. */
const parentOf = (folder: string): string => (/^\.\.?$/.test(basename(folder)) ? join(folder, '..') : dirname(folder));

/** The list of the split, matched as in `Spellings`. */
function findList(root: string, split: string): string | undefined {
  const paths = LISTS.flatMap((place) => {
    const folder = folderIn(root, place);
    return folder === undefined ? [] : spellingsOfSplit(split).map((name) => spelledPath(folder, `${name}.txt`));
  });
  return paths.find((path) => path !== undefined && isFile(path));
}

/** A folder with the split's own XML files and images. */
const splitFolder = (folder: string, split: string): string | undefined =>
  spellingsOfSplit(split)
    .map((name) => folderIn(folder, name))
    .find((path) => path !== undefined);

/** The error for a missing split: names the file to make and the splits that exist. */
async function noSplit(root: string, split: string): Promise<ResnetCocoError> {
  const lists = folderIn(root, LISTS[0]);
  const others = lists === undefined ? [] : (await listFiles(lists, ['txt'])).map(withoutExtension);
  const there = others.length ? `it has ${others.slice(0, 10).join(', ')}` : 'it has no lists';
  const remedy =
    'make this file with one image name per line, without extension; or leave the split out, and let train detector --val-fraction hold out images for evaluation';
  const file = join(lists ?? join(root, LISTS[0]), `${split}.txt`);
  return new ResnetCocoError('FILE_NOT_FOUND', `${file}: no list of this split; ${there}; ${remedy}`);
}

/** Whether this is the folder of XML files itself, with VOC's other folders beside it. */
function isPartOfDevkit(folder: string): boolean {
  if (basename(resolve(folder)).toLowerCase() !== 'annotations') return false;
  return ['ImageSets', ...IMAGES].some((name) => folderIn(parentOf(folder), name) !== undefined);
}

async function findImageFolder(images: string | undefined, root: string, xml: string): Promise<FileFinder | undefined> {
  if (images !== undefined) return FileFinder.open(images);
  for (const name of IMAGES) {
    const usual = folderIn(root, name);
    if (usual !== undefined) return FileFinder.open(usual);
  }
  for (const folder of xml === root ? [xml] : [xml, root]) {
    const beside = await FileFinder.open(folder);
    if (beside.names.length) return beside;
  }
  return undefined;
}

async function readList(file: string, names: readonly string[]): Promise<VocList> {
  const stems = new Spellings(names, withoutExtension);
  const lines = linesOf(await readText(file)).filter((line) => line.trim() !== '');
  return { file, entries: lines.map((line) => listEntry(line, stems)) };
}

const isFileName = (name: string): boolean => isImageName(name) || /\.xml$/i.test(name);

/** The flag as VOC writes it: a space, then a number of two columns. */
const FLAG = / ( [01]|-1)\s*$/;
const LOOSE_FLAG = /\s+-?[01]\s*$/;

/**
 * The whole line is a name, possibly with spaces around and within it. If no annotation has that name, the white space
 * around it is dropped, or a flag 1, 0 or -1 after it, as lists of one class have.
 */
function listEntry(line: string, stems: Spellings): VocList['entries'][number] {
  const unflagged = line.replace(LOOSE_FLAG, '');
  const texts = [line, line.trim(), line.replace(FLAG, ''), unflagged, unflagged.trim()];
  // Some programs list image files, paths, or pairs of image and annotation.
  const words = line.trim().split(/\s+/);
  if (words.length > 1) texts.push(...words.filter(isFileName));
  const files = texts.map((text) => (isFileName(text.trim()) ? withoutExtension(text.trim()) : text));
  const names = files.map((text) => posix.basename(portablePath(text)));
  for (const text of [...texts, ...files, ...names]) {
    const name = stems.find(portablePath(text));
    if (name !== undefined) return { text, name };
  }
  return { text: unflagged.trim(), name: undefined };
}

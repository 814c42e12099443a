import { basename, dirname, join, posix, resolve } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { isFile, isFolder } from '../../../io/regular-file.ts';
import { linesOf, readText } from '../../../io/text-file.ts';
import { isImageName } from '../../images/image-extensions.ts';
import type { DetectionSource } from '../detection-source.ts';
import { FileFinder, listFiles, portablePath, withoutExtension } from '../file-finder.ts';
import { Spellings, spelledPath } from '../spelling.ts';
import { spellingsOfSplit } from '../splits.ts';

/** Where the parts of a VOC data set lie. */
export interface VocLayout {
  /** What holds `Annotations/`, `ImageSets/` and `JPEGImages/`; of a plain folder of XML files that folder. */
  readonly root: string;
  readonly xmlFolder: string;
  /** Every annotation, relative to that folder, in order. */
  readonly names: readonly string[];
  readonly finder: FileFinder | undefined;
  /** Of the split. */
  readonly list: VocList | undefined;
}

/** A list of images, as `ImageSets/Main/train.txt`. */
export interface VocList {
  readonly file: string;
  readonly entries: readonly {
    /** As the list has it. */
    readonly text: string;
    /** Its annotation; undefined without one. */
    readonly name: string | undefined;
  }[];
}

/** Where lists lie: in VOC's own folder, and where other programs write them. */
const LISTS = ['ImageSets/Main', 'ImageSets', '.'];
const IMAGES = ['JPEGImages', 'images'];

/** A folder within another, however it is spelled. */
function folderIn(folder: string, name: string): string | undefined {
  const path = spelledPath(folder, name);
  return path !== undefined && isFolder(path) ? path : undefined;
}

/** The folder of XML files, where a data set has one of the usual name. */
export async function annotationsFolder(root: string): Promise<string | undefined> {
  const folder = folderIn(root, 'Annotations');
  if (folder === undefined) return undefined;
  // COCO's folder of JSON files has the same name.
  const names = await listFiles(folder, ['xml', 'json']);
  return !names.length || names.some((name) => /\.xml$/i.test(name)) ? folder : undefined;
}

/** @throws ResnetCocoError FILE_NOT_FOUND, BAD_DATASET */
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

/** The folder above, also of `.`. */
const parentOf = (folder: string): string => (/^\.\.?$/.test(basename(folder)) ? join(folder, '..') : dirname(folder));

/** A list of the split, however its name is spelled. */
function findList(root: string, split: string): string | undefined {
  const paths = LISTS.flatMap((place) => {
    const folder = folderIn(root, place);
    return folder === undefined ? [] : spellingsOfSplit(split).map((name) => spelledPath(folder, `${name}.txt`));
  });
  return paths.find((path) => path !== undefined && isFile(path));
}

/** A folder of the split's own XML files and images. */
const splitFolder = (folder: string, split: string): string | undefined =>
  spellingsOfSplit(split)
    .map((name) => folderIn(folder, name))
    .find((path) => path !== undefined);

/** Names the file that would make the split, and the splits that there are. */
async function noSplit(root: string, split: string): Promise<ResnetCocoError> {
  const lists = folderIn(root, LISTS[0]);
  const others = lists === undefined ? [] : (await listFiles(lists, ['txt'])).map(withoutExtension);
  const there = others.length ? `it has ${others.slice(0, 10).join(', ')}` : 'it has no lists';
  const remedy =
    'make this file, with the name of an image a line, without its ending; or leave the split out, and let train detector --val-fraction keep a part for evaluation';
  const file = join(lists ?? join(root, LISTS[0]), `${split}.txt`);
  return new ResnetCocoError('FILE_NOT_FOUND', `${file}: no list of this split; ${there}; ${remedy}`);
}

/** Whether this is the folder of XML files itself, with the other parts beside it. */
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

/** As VOC writes them: a space, and two columns of a number. */
const FLAG = / ( [01]|-1)\s*$/;
const LOOSE_FLAG = /\s+-?[01]\s*$/;

/**
 * The whole line is a name, with spaces around it and within perhaps. Where no annotation has it, it may have white
 * space around, or a flag behind, as lists of one class have: 1, 0 or -1.
 */
function listEntry(line: string, stems: Spellings): VocList['entries'][number] {
  const unflagged = line.replace(LOOSE_FLAG, '');
  const texts = [line, line.trim(), line.replace(FLAG, ''), unflagged, unflagged.trim()];
  // Some programs list the images' files, or their paths, or those and the annotations' side by side.
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

import { basename, dirname, join, posix } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { isFile, isFolder } from '../../io/regular-file.ts';
import { isImageName } from '../image-extensions.ts';
import type { DetectionSource } from './detection-source.ts';
import { FileFinder, listFiles, portablePath, withoutExtension } from './file-finder.ts';
import { Spellings, spelledPath } from './spelling.ts';
import { linesOf, readText } from './text-file.ts';

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

const LISTS = 'ImageSets/Main';
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
  const root = folder === undefined && isPartOfDevkit(annotations) ? dirname(annotations) : annotations;
  const lists = folderIn(root, LISTS);
  const plain = split !== undefined && lists === undefined ? splitFolder(annotations, split) : annotations;
  const xmlFolder = folder ?? plain;
  const names = await listFiles(xmlFolder, ['xml']);
  if (!names.length) {
    throw new ResnetCocoError('BAD_DATASET', `${xmlFolder}: no XML files in it; Pascal VOC has one for each image`);
  }
  const hasList = split !== undefined && (lists !== undefined || folder !== undefined);
  return {
    root,
    xmlFolder,
    names,
    finder: await findImageFolder(images, root, xmlFolder),
    list: hasList ? await readList(lists ?? join(root, LISTS), split, names) : undefined,
  };
}

const splitFolder = (folder: string, split: string): string => folderIn(folder, split) ?? join(folder, split);

/** Whether this is the folder of XML files itself, with the other parts beside it. */
function isPartOfDevkit(folder: string): boolean {
  if (basename(folder).toLowerCase() !== 'annotations') return false;
  return [LISTS, ...IMAGES].some((name) => folderIn(dirname(folder), name) !== undefined);
}

async function findImageFolder(images: string | undefined, root: string, xml: string): Promise<FileFinder | undefined> {
  if (images !== undefined) return FileFinder.open(images);
  for (const name of IMAGES) {
    const usual = folderIn(root, name);
    if (usual !== undefined) return FileFinder.open(usual);
  }
  const beside = await FileFinder.open(xml);
  return beside.names.length ? beside : undefined;
}

async function readList(folder: string, split: string, names: readonly string[]): Promise<VocList> {
  const file = spelledPath(folder, `${split}.txt`) ?? join(folder, `${split}.txt`);
  if (!isFile(file)) {
    const others = isFolder(folder) ? (await listFiles(folder, ['txt'])).map(withoutExtension) : [];
    const remedy = others.length ? `it has ${others.slice(0, 10).join(', ')}` : 'it has no lists';
    throw new ResnetCocoError('FILE_NOT_FOUND', `${file}: no list of this split; ${remedy}`);
  }
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
  // Some programs list the images' files, or their paths.
  const files = texts.map((text) => (isFileName(text.trim()) ? withoutExtension(text.trim()) : text));
  const names = files.map((text) => posix.basename(portablePath(text)));
  for (const text of [...texts, ...files, ...names]) {
    const name = stems.find(portablePath(text));
    if (name !== undefined) return { text, name };
  }
  return { text: unflagged.trim(), name: undefined };
}

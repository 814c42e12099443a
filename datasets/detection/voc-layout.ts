import { basename, dirname, join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import type { DetectionSource } from './detection-source.ts';
import { FileFinder, isFile, isFolder, listFiles, portablePath, withoutExtension } from './file-finder.ts';
import { linesOf, readText } from './text-file.ts';

/** Where the parts of a VOC data set lie. */
export interface VocLayout {
  /** What holds `Annotations/`, `ImageSets/` and `JPEGImages/`; of a plain folder of XML files that folder. */
  readonly root: string;
  readonly xmlFolder: string;
  /** Every annotation, relative to that folder and without `.xml`, in order. */
  readonly stems: readonly string[];
  readonly finder: FileFinder | undefined;
  /** Of the split: the list's path, and its entries in order. */
  readonly list: { readonly file: string; readonly stems: readonly string[] } | undefined;
}

export const listFolder = (root: string): string => join(root, 'ImageSets', 'Main');

/** @throws ResnetCocoError FILE_NOT_FOUND, BAD_DATASET */
export async function findVocLayout({ annotations, images, split }: DetectionSource): Promise<VocLayout> {
  const hasFolder = isFolder(join(annotations, 'Annotations'));
  const isAnnotations = basename(annotations) === 'Annotations' && isFolder(join(dirname(annotations), 'ImageSets'));
  const root = isAnnotations ? dirname(annotations) : annotations;
  const hasLists = isFolder(listFolder(root));
  const plain = split !== undefined && !hasLists ? join(annotations, split) : annotations;
  const xmlFolder = hasFolder ? join(annotations, 'Annotations') : plain;
  const stems = (await listFiles(xmlFolder, ['xml'])).map(withoutExtension);
  if (!stems.length) {
    throw new ResnetCocoError('BAD_DATASET', `${xmlFolder}: no XML files in it; Pascal VOC has one for each image`);
  }
  return {
    root,
    xmlFolder,
    stems,
    finder: await findImageFolder(images, root, xmlFolder),
    list: split !== undefined && (hasLists || hasFolder) ? await readList(root, split) : undefined,
  };
}

async function findImageFolder(images: string | undefined, root: string, xml: string): Promise<FileFinder | undefined> {
  if (images !== undefined) return FileFinder.open(images);
  const usual = ['JPEGImages', 'images'].map((name) => join(root, name)).find(isFolder);
  if (usual !== undefined) return FileFinder.open(usual);
  const beside = await FileFinder.open(xml);
  return beside.names.length ? beside : undefined;
}

async function readList(root: string, split: string) {
  const file = join(listFolder(root), `${split}.txt`);
  if (!isFile(file)) {
    const folder = listFolder(root);
    const known = isFolder(folder) ? (await listFiles(folder, ['txt'])).map(withoutExtension) : [];
    const remedy = known.length ? `it has ${known.slice(0, 10).join(', ')}` : 'it has no lists';
    throw new ResnetCocoError('FILE_NOT_FOUND', `${file}: no list of this split; ${remedy}`);
  }
  // Lists of one class have 1, 0 or -1 behind each name.
  const names = linesOf(await readText(file)).map((line) => line.trim().replace(/\s+-?[01]$/, ''));
  return { file, stems: names.filter((name) => name !== '').map(portablePath) };
}

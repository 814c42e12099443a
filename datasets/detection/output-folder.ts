import { randomBytes } from 'node:crypto';
import { copyFile, link, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { LOCK_FILE } from '../../io/folder-lock.ts';
import { notWritable } from '../../io/not-writable.ts';
import { openHandle, readBytes, statsOf } from '../../io/regular-file.ts';
import { makeFolder, writeWholeFile } from '../../io/whole-file.ts';
import { checkWithin } from '../../io/within-folder.ts';
import type { CocoDataset, ImageId } from './coco/coco-format.ts';
import { portablePath, withoutExtension } from './file-finder.ts';
import { comparedName } from './named-categories.ts';
import type { VocAnnotation } from './voc/read-voc.ts';

/** The folder that a data set is written to. Existing files with other content are never overwritten. */
export class OutputFolder {
  readonly path: string;
  readonly #made = new Set<string>();

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Writes a file whole; `name` is relative and may contain folders.
   *
   * @throws ResnetCocoError FILE_NOT_WRITABLE when it cannot be written, or exists with other content
   */
  async put(name: string, text: string): Promise<void> {
    const path = await this.#place(name);
    if (statsOf(path)?.isFile()) {
      const there = await readBytes(path, { code: 'FILE_NOT_WRITABLE' });
      if (there.toString() === text) return;
      throw occupied(path);
    }
    await writeWholeFile(path, text);
  }

  /** Writes a file whole and replaces the old one. */
  async replace(name: string, text: string): Promise<void> {
    await writeWholeFile(await this.#place(name), text);
  }

  /** Copies a file here unless one of the same length exists. */
  async copy(source: string, name: string): Promise<void> {
    const path = await this.#place(name);
    const [from, there] = [statsOf(source), statsOf(path)];
    if (there && there.size !== from?.size) throw occupied(path);
    if (there) return;
    // Opening the source first tells a bad source from a bad target: it may be unreadable, or a pipe that never ends.
    await (await openHandle(source)).close();
    const partial = join(dirname(path), `.${randomBytes(6).toString('hex')}.partial`);
    try {
      await copyFile(source, partial);
      await rename(partial, path);
    } catch (cause) {
      await rm(partial, { force: true });
      throw notWritable(path, cause);
    }
  }

  /**
   * Gives a file another name here, as a hard link, which takes no room; copies it where the file system has none.
   *
   * @throws ResnetCocoError FILE_NOT_WRITABLE when the name is taken or the file cannot be written
   */
  async link(source: string, name: string): Promise<'linked' | 'copied'> {
    const path = await this.#place(name);
    if (statsOf(path)) throw occupied(path);
    await (await openHandle(source)).close();
    try {
      // A link to a symbolic link would be one too, and lead elsewhere.
      await link(await realpath(source), path);
      return 'linked';
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw occupied(path);
      await this.copy(source, name);
      return 'copied';
    }
  }

  /**
   * Checks that nothing is in the folder yet: what is written for the first time overwrites nothing.
   *
   * @throws ResnetCocoError FILE_NOT_WRITABLE when it has files
   */
  async checkEmpty(): Promise<void> {
    const stats = statsOf(this.path);
    if (!stats) return;
    const [first] = stats.isDirectory() ? (await readdir(this.path)).filter((name) => name !== LOCK_FILE) : [''];
    if (first === undefined) return;
    const what = first === '' ? 'is a file' : `has files already, such as ${first}`;
    throw new ResnetCocoError('FILE_NOT_WRITABLE', `${this.path}: ${what}; nothing is overwritten: name a new folder`);
  }

  /**
   * The path of a file in this folder.
   *
   * @throws ResnetCocoError FILE_NOT_WRITABLE when it leads out of the folder
   */
  checkName(name: string): string {
    const path = join(this.path, name);
    checkWithin(this.path, path);
    return path;
  }

  async #place(name: string): Promise<string> {
    const path = this.checkName(name);
    const folder = dirname(path);
    if (!this.#made.has(folder)) await makeFolder(folder);
    this.#made.add(folder);
    return path;
  }
}

const occupied = (path: string): ResnetCocoError =>
  new ResnetCocoError('FILE_NOT_WRITABLE', `${path}: is there already and differs; name another folder, or delete it`);

/** Characters that neither a file name nor a line of a list can contain. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
const CONTROL = /[\x00-\x1f\x7f]/;

/** @throws ResnetCocoError BAD_DATASET when the name leads out of the folder */
export function checkImageName(name: string): void {
  if (!/^(\.\.(\/|$)|\/|[a-z]:)/i.test(portablePath(name)) && !CONTROL.test(name)) return;
  const message = `file_name ${JSON.stringify(name)} is no path within a folder; correct it`;
  throw new ResnetCocoError('BAD_DATASET', message);
}

/**
 * Paths without extension for the images' annotation files, in order.
 *
 * @throws ResnetCocoError BAD_DATASET when a name leads out of the folder, or two images would share a file
 */
export function annotationStems(names: readonly string[]): string[] {
  const owners = new Map<string, string>();
  return names.map((name) => {
    checkImageName(name);
    const stem = withoutExtension(portablePath(name));
    // Some file systems ignore case.
    const owner = owners.get(stem.toLowerCase());
    if (owner !== undefined) {
      const message = `'${owner}' and '${name}' would share one annotation file; rename one of them`;
      throw new ResnetCocoError('BAD_DATASET', message);
    }
    owners.set(stem.toLowerCase(), name);
    return stem;
  });
}

/** @throws ResnetCocoError BAD_DATASET when a format without ids could not tell categories apart by these names */
export function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names.map(comparedName)) {
    const fault = CONTROL.test(name) ? 'has a control character' : seen.has(name) ? 'is there twice' : undefined;
    if (fault) {
      throw new ResnetCocoError(
        'BAD_DATASET',
        `category ${JSON.stringify(name)} ${fault}; rename it, since here categories go by their names`,
      );
    }
    seen.add(name);
  }
}

/** Options for one image list in a folder. */
export interface ListOptions {
  /** The name of the image list in VOC and YOLO, such as `train`. */
  readonly split?: string;
  readonly signal?: AbortSignal;
}

/** How a format is written. */
export interface FormatOptions extends ListOptions {
  /** YOLO: objects with one polygon are written as polygons, as in a data set for segmentation; else as boxes. */
  readonly polygons?: boolean;
}

/** Groups the annotations by image. */
export function byImage(dataset: CocoDataset): Map<ImageId, VocAnnotation[]> {
  const annotations = new Map<ImageId, VocAnnotation[]>(dataset.images.map(({ id }) => [id, []]));
  for (const annotation of dataset.annotations) annotations.get(annotation.image_id)?.push(annotation);
  return annotations;
}

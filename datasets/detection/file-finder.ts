import { join, posix } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { isFile, isFolder } from '../../io/regular-file.ts';
import { imageExtensions } from '../image-extensions.ts';
import { Spellings } from './spelling.ts';

/** A name's path without `.` and the like, with `/` between folders, whatever system wrote it. */
export const portablePath = (name: string): string => posix.normalize(name.replaceAll('\\', '/'));

/** `sub/a.jpg` → `sub/a`. */
export const withoutExtension = (name: string): string => name.replace(/(?<=[^/])\.[^./]*$/, '');

/** How far down: the folder's own files, those of its sub-folders too, or all. */
const depths = { folder: '*', subfolders: '{*,*/*}', all: '**/*' } as const;

/** The files of a folder that end in one of `extensions`, relative to it, in order of their characters. */
export async function listFiles(
  folder: string,
  extensions: readonly string[],
  depth: keyof typeof depths = 'all',
): Promise<string[]> {
  if (!isFolder(folder)) throw new ResnetCocoError('FILE_NOT_FOUND', `${folder}: no such folder`);
  const ending = extensions.length === 1 ? extensions[0] : `{${extensions.join(',')}}`;
  const { glob } = await import('tinyglobby');
  const names = await glob(`${depths[depth]}.${ending}`, {
    cwd: folder,
    caseSensitiveMatch: false,
    expandDirectories: false,
  });
  return names.sort();
}

/** The files of a folder and those below, such as images, found by the names that annotations give them. */
export class FileFinder {
  readonly folder: string;
  /** Relative to the folder, in order. */
  readonly names: readonly string[];
  readonly #byPath: Spellings;
  readonly #byStem: Spellings;
  readonly #byBaseName: Spellings;
  readonly #byBaseStem: Spellings;

  private constructor(folder: string, names: readonly string[]) {
    this.folder = folder;
    this.names = names;
    this.#byPath = new Spellings(names);
    this.#byStem = new Spellings(names, withoutExtension);
    this.#byBaseName = new Spellings(names, posix.basename);
    this.#byBaseStem = new Spellings(names, (name) => posix.basename(withoutExtension(name)));
  }

  /** @throws ResnetCocoError FILE_NOT_FOUND */
  static async open(folder: string, extensions: readonly string[] = imageExtensions): Promise<FileFinder> {
    return new FileFinder(folder, await listFiles(folder, extensions));
  }

  /**
   * The file, relative to the folder: at that very path, else the only one of that name in any folder. The name may
   * lack its extension or have another one. Names compare as `Spellings` has it. Undefined if there is none, or more
   * than one.
   */
  find(name: string): string | undefined {
    const path = portablePath(name);
    const base = posix.basename(path);
    const stem = withoutExtension(path);
    return (
      this.#byPath.find(path) ??
      this.#byStem.find(path) ??
      this.#byStem.find(stem) ??
      this.#exactly(path) ??
      this.#byBaseName.find(base) ??
      this.#byBaseStem.find(base) ??
      this.#byBaseStem.find(posix.basename(stem))
    );
  }

  /** A file of no usual extension. */
  #exactly(path: string): string | undefined {
    return isFile(this.path(path)) ? path : undefined;
  }

  path(name: string): string {
    return join(this.folder, name);
  }
}

import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { isFile, isFolder } from '../../io/regular-file.ts';
import { imageExtensions, isImageName } from '../images/image-extensions.ts';
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
  return withoutLoops(folder, names).sort();
}

/** Without the files that are there once more below a link to a folder above them. */
function withoutLoops(root: string, names: readonly string[]): string[] {
  const real = new Map<string, string>();
  const realOf = (folder: string): string => {
    const known = real.get(folder);
    if (known !== undefined) return known;
    let path = folder;
    try {
      path = realpathSync.native(join(root, folder));
    } catch {
      // Gone meanwhile: reading its files tells.
    }
    real.set(folder, path);
    return path;
  };
  const loops = new Map<string, boolean>();
  const isLoop = (folder: string): boolean => {
    if (folder === '.') return false;
    let answer = loops.get(folder);
    if (answer === undefined) {
      answer = isLoop(dirname(folder));
      for (let above = dirname(folder); !answer; above = dirname(above)) {
        answer = realOf(above) === realOf(folder);
        if (above === '.') break;
      }
      loops.set(folder, answer);
    }
    return answer;
  };
  return names.filter((name) => !isLoop(dirname(name)));
}

/** Pipes, sockets and devices with names of images, in a folder and those below, each folder looked at once. */
export function irregularImages(folder: string, seen = new Set<string>()): string[] {
  const real = realpathSync.native(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path))) return irregularImages(path, seen);
    // What a link of an image's name leads to is told where the image is read.
    const isUsual = entry.isFile() || entry.isSymbolicLink();
    return isImageName(entry.name) && !isUsual ? [path] : [];
  });
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

  /**
   * A file of no usual extension, or an image beside the folder (`../images/a.jpg`). Other files that lie outside are
   * nothing that annotations should name.
   */
  #exactly(path: string): string | undefined {
    if (path.startsWith('../') && !isImageName(path)) return undefined;
    return isFile(this.path(path)) ? path : undefined;
  }

  path(name: string): string {
    return join(this.folder, name);
  }
}

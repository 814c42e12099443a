import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { isFile, isFolder } from '../../io/regular-file.ts';
import { imageExtensions, isImageName } from '../images/image-extensions.ts';
import { Spellings } from './spelling.ts';

/** A normalized path with `/` between folders, whatever system wrote it. */
export const portablePath = (name: string): string => posix.normalize(name.replaceAll('\\', '/'));

/** `sub/a.jpg` → `sub/a`. */
export const withoutExtension = (name: string): string => name.replace(/(?<=[^/])\.[^./]*$/, '');

/** How deep to search: the folder itself, its subfolders too, or everything. */
const depths = { folder: '*', subfolders: '{*,*/*}', all: '**/*' } as const;

/** Lists the files of a folder whose names end in one of `extensions`: relative paths, sorted by their characters. */
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

/** Drops files that appear again below a link to a parent folder. */
function withoutLoops(root: string, names: readonly string[]): string[] {
  const real = new Map<string, string>();
  const realOf = (folder: string): string => {
    const known = real.get(folder);
    if (known !== undefined) return known;
    let path = folder;
    try {
      path = realpathSync.native(join(root, folder));
    } catch {
      // The folder has gone meanwhile; reading its files reports it.
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

/** Pipes, sockets and devices with image names in a folder and below; each folder is read once. */
export function irregularImages(folder: string, seen = new Set<string>()): string[] {
  const real = realpathSync.native(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path))) return irregularImages(path, seen);
    // A link with an image's name is checked when the image is read.
    const isUsual = entry.isFile() || entry.isSymbolicLink();
    return isImageName(entry.name) && !isUsual ? [path] : [];
  });
}

/** Finds files, such as images, in a folder and below by the names that annotations give them. */
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

  /** @throws ResnetCocoError FILE_NOT_FOUND when there is no such folder */
  static async open(folder: string, extensions: readonly string[] = imageExtensions): Promise<FileFinder> {
    return new FileFinder(folder, await listFiles(folder, extensions));
  }

  /**
   * The file, relative to the folder: the one at that exact path, else the only one of that name in any folder. The
   * name may lack its extension or have another one. Names compare as in `Spellings`. Undefined when no file or several
   * files match.
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
   * A file with an unusual extension, or an image beside the folder (`../images/a.jpg`). Annotations have no reason to
   * name other files outside the folder.
   */
  #exactly(path: string): string | undefined {
    if (path.startsWith('../') && !isImageName(path)) return undefined;
    return isFile(this.path(path)) ? path : undefined;
  }

  path(name: string): string {
    return join(this.folder, name);
  }
}

import { type Dirent, existsSync, type Stats, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { glob, isDynamicPattern } from 'tinyglobby';
import { spelledFile } from '../../datasets/detection/spelling.ts';
import { isImageByContent } from '../../datasets/images/image-content.ts';
import { imageExtensions, isHidden, isImageName } from '../../datasets/images/image-extensions.ts';
import { ResnetCocoError } from '../../errors.ts';
import { unreadable } from '../../io/regular-file.ts';
import { naturalOrder } from '../terminal/natural-order.ts';
import { counted } from '../terminal/table.ts';
import { type InputFile, withUniqueNames } from './input-names.ts';
import { listedPaths } from './listed-paths.ts';

export interface FailedInput {
  readonly file: string;
  readonly error: ResnetCocoError;
}

export interface Inputs {
  /** In the order of the arguments, within a folder in natural order (`img2` before `img10`), each once. */
  readonly files: readonly InputFile[];
  /** Broken links, unreadable folders, and files of the list on stdin that do not exist. */
  readonly failures: readonly FailedInput[];
  /** Notes for the user, such as a folder without images. */
  readonly notes: readonly string[];
}

export interface InputOptions {
  /** Descend into sub-folders. */
  readonly recursive: boolean;
  /** A folder not to descend into: where the results go. */
  readonly exclude?: string | undefined;
  /** Ends the wait for the list on stdin. */
  readonly signal: AbortSignal;
  /** Read for the path `-`; `process.stdin` unless given. */
  readonly stdin?: AsyncIterable<string | Uint8Array>;
}

/** What a path of the call must name, for error messages. */
const WANTED = 'file or folder';

/** Names within `root`, relative to it. */
interface Listing {
  readonly root: string;
  readonly names: readonly string[];
}

class Collector {
  readonly files: InputFile[] = [];
  readonly failures: FailedInput[] = [];
  readonly notes: string[] = [];
  readonly #seen = new Set<string>();
  readonly #options: InputOptions;
  readonly #excluded: string | undefined;

  constructor(options: InputOptions, excluded: string | undefined) {
    this.#options = options;
    this.#excluded = excluded;
  }

  #take({ root, names }: Listing): void {
    for (const name of names) {
      const file = join(root, name);
      const key = resolve(file);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      // A pattern such as `{a,../b}/*.jpg` leaves its folder; the results of its files stay within their own.
      this.files.push({
        file,
        name: name
          .split(sep)
          .join('/')
          .replace(/^(\.\.\/)+/, ''),
      });
    }
  }

  #fail(file: string, error: ResnetCocoError): void {
    this.failures.push({ file, error });
  }

  /** Adds a path as given: a file, a folder, or else a glob. Throws if it is none of them. */
  async addPath(path: string): Promise<void> {
    try {
      await this.#addExisting(path);
    } catch (error) {
      if (!(error instanceof ResnetCocoError) || !isDynamicPattern(path)) throw error;
      await this.#addGlob(path);
    }
  }

  /** Adds a list of paths from stdin. */
  async addList(chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    const paths = listedPaths(Buffer.concat(parts));
    if (!paths.length) this.notes.push('the list on stdin is empty');
    const garbled = paths.filter((path) => path.includes('\uFFFD')).length;
    if (garbled)
      this.notes.push(`${counted(garbled, 'path')} of the list on stdin are not text in UTF-8; save it as UTF-8`);
    for (const path of paths) {
      try {
        await this.#addExisting(existsSync(path) ? path : (spelledFile(path) ?? path));
      } catch (error) {
        if (!(error instanceof ResnetCocoError)) throw error;
        this.#fail(path, error);
      }
    }
  }

  async #addExisting(path: string): Promise<void> {
    let stats: Stats;
    try {
      // Synchronous: a list of 100,000 files takes a fraction of a second, not several.
      stats = statSync(path);
    } catch (cause) {
      throw unreadable(path, cause, WANTED);
    }
    if (!stats.isDirectory())
      return this.#take({ root: path.slice(0, -basename(path).length), names: [basename(path)] });
    const names: string[] = [];
    const before = this.failures.length;
    const left = await this.#list(path, '', names, []);
    this.#take({ root: path, names });
    if (names.length || this.failures.length > before) {
      if (left) this.notes.push(`${path}: ${counted(left, 'sub-folder')} not looked into; --recursive does`);
      return;
    }
    const hint = left ? '; --recursive looks into its sub-folders' : '';
    this.notes.push(`${path}: no images in this folder (looked for .${imageExtensions.join(' .')})${hint}`);
  }

  /** Adds the images below `root`/`folder` to `names`. Returns how many sub-folders are not looked into. */
  async #list(root: string, folder: string, names: string[], ancestors: readonly string[]): Promise<number> {
    const path = join(root, folder);
    let entries: Dirent[];
    let real: string;
    try {
      entries = await readdir(path, { withFileTypes: true });
      real = await realpath(path);
    } catch (cause) {
      const error = unreadable(path, cause, WANTED);
      if (!folder) throw error;
      this.#fail(path, error);
      return 0;
    }
    // A link to a parent folder would recurse for ever.
    if (ancestors.includes(real) || (folder && real === this.#excluded)) return 0;
    let left = 0;
    for (const entry of entries.sort((a, b) => naturalOrder(a.name, b.name))) {
      if (isHidden(entry.name)) continue;
      const name = join(folder, entry.name);
      let kind: { isDirectory(): boolean; isFile(): boolean } = entry;
      if (entry.isSymbolicLink()) {
        try {
          kind = await stat(join(root, name));
        } catch (cause) {
          const file = join(root, name);
          if (isImageName(entry.name)) this.#fail(file, unreadable(`${file} (a broken link)`, cause, WANTED));
          continue;
        }
      }
      if (kind.isDirectory()) {
        if (this.#options.recursive) await this.#list(root, name, names, [...ancestors, real]);
        else if ((await realpath(join(root, name))) !== this.#excluded) left++;
      } else if (kind.isFile() && (isImageName(entry.name) || isImageByContent(join(root, name), entry.name))) {
        names.push(name);
      }
    }
    return left;
  }

  /** Adds a glob such as `photos/2024-*\/*.jpg`: quoted, or from a shell that does not expand it. */
  async #addGlob(path: string): Promise<void> {
    // cmd.exe passes single quotes on; its path separator is the escape character of patterns.
    const pattern = process.platform === 'win32' ? path.replace(/^'(.*)'$/, '$1').replaceAll('\\', '/') : path;
    const parts = pattern.split('/');
    // Existing folders with names that look like patterns, such as `holiday (2)`, are taken literally.
    let root = '';
    while (parts.length > 1) {
      const next = `${root}${parts[0]}/`;
      if (isDynamicPattern(parts[0]) && !(await stat(next).catch(() => undefined))) break;
      root = next;
      parts.shift();
    }
    const matches = await glob(parts.join('/'), { cwd: root || '.', expandDirectories: false });
    const isImage = (name: string) => isImageName(name) || isImageByContent(join(root, name), basename(name));
    const names = matches.filter(isImage).sort(naturalOrder);
    if (!names.length) {
      const others = matches.length ? ` (it matches ${counted(matches.length, 'other file')})` : '';
      throw new ResnetCocoError(
        'FILE_NOT_FOUND',
        `${path}: no such file, and no image matches it as a pattern${others}`,
      );
    }
    this.#take({ root, names });
  }
}

/**
 * The image files that `<paths...>` name: files, folders, globs, and `-` for a list on stdin.
 *
 * @throws FILE_NOT_FOUND when a path of the call does not exist or matches nothing, or when no input is left
 */
export async function collectInputs(paths: readonly string[], options: InputOptions): Promise<Inputs> {
  const excluded = options.exclude === undefined ? undefined : await realpath(options.exclude).catch(() => undefined);
  const collector = new Collector(options, excluded);
  let listRead = false;
  for (const path of paths) {
    if (path !== '-') await collector.addPath(path);
    else if (!listRead) {
      listRead = true;
      await collector.addList(options.stdin ?? addAbortSignal(options.signal, process.stdin));
    }
  }
  const { files, failures, notes } = collector;
  if (!files.length) throw failures[0]?.error ?? new ResnetCocoError('FILE_NOT_FOUND', notes.join('; '));
  return { files: withUniqueNames(files), failures, notes };
}

import { dirname, isAbsolute, parse, posix, resolve } from 'node:path';
import { isFile, isFolder } from '../../../io/regular-file.ts';
import { Folders } from '../spelling.ts';

/** A file with paths: `data.yaml`, or Darknet's `obj.data`. */
export interface PathSource {
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const exists = (path: string): boolean => isFile(path) || isFolder(path);

/** The path unchanged, and with Windows' backslashes as slashes. */
const slashes = (path: string): string[] => [...new Set([path, path.replaceAll('\\', '/')])];

/**
 * What a path may mean: itself; without `../`, since Roboflow's paths start one folder too high; without `data/`, since
 * Darknet's paths start at Darknet's own folder.
 */
const meanings = (path: string): string[] =>
  slashes(path).flatMap((name) => [name, ...(/^(\.\.|data)\//.test(name) ? [name.slice(name.indexOf('/') + 1)] : [])]);

/** Where a settings file's paths start: at its `path`, or at the file's folder. */
export function rootsOf({ file, fields: { path } }: PathSource): string[] {
  const home = dirname(file);
  if (typeof path !== 'string') return [home];
  return [...slashes(path).flatMap((name) => [resolve(home, name), resolve(name)]), home];
}

/** The folder or file that an entry names; undefined when it does not exist. */
export const locate = (entry: string, source: PathSource): string | undefined =>
  findFrom(rootsOf(source), entry, new Folders());

/** The path in the first of `roots` that has it, as the disk spells it. */
export function findFrom(roots: readonly string[], path: string, folders: Folders): string | undefined {
  const names = meanings(path);
  const exact = roots.flatMap((root) => names.map((name) => resolve(root, name))).find(exists);
  if (exact !== undefined) return exact;
  for (const root of roots) {
    for (const name of names) {
      const [from, below] = isAbsolute(name) ? [parse(name).root, name.slice(parse(name).root.length)] : [root, name];
      const spelled = folders.find(from, posix.normalize(below));
      if (spelled !== undefined && exists(spelled)) return spelled;
    }
  }
  return undefined;
}

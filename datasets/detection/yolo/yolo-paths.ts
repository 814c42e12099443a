import { dirname, isAbsolute, parse, posix, resolve } from 'node:path';
import { isFile, isFolder } from '../../../io/regular-file.ts';
import { Folders } from '../spelling.ts';

/** Where paths are written: a `data.yaml`, or Darknet's `obj.data`. */
export interface PathSource {
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const exists = (path: string): boolean => isFile(path) || isFolder(path);

/** A path as it stands, and with the slashes that a path of Windows means. */
const slashes = (path: string): string[] => [...new Set([path, path.replaceAll('\\', '/')])];

/**
 * What a path may mean: itself; without `../`, for Roboflow's paths begin one folder too high; without `data/`, for those
 * of Darknet begin where Darknet lies.
 */
const meanings = (path: string): string[] =>
  slashes(path).flatMap((name) => [name, ...(/^(\.\.|data)\//.test(name) ? [name.slice(name.indexOf('/') + 1)] : [])]);

/** Where paths of a settings file begin: at its `path`, or where it lies. */
export function rootsOf({ file, fields: { path } }: PathSource): string[] {
  const home = dirname(file);
  if (typeof path !== 'string') return [home];
  return [...slashes(path).flatMap((name) => [resolve(home, name), resolve(name)]), home];
}

/** Where an entry of a settings file leads: to a folder or a file; undefined where there is none. */
export const locate = (entry: string, source: PathSource): string | undefined =>
  findFrom(rootsOf(source), entry, new Folders());

/** A path from the first of `roots` from which there is something, spelled as the disk has it. */
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

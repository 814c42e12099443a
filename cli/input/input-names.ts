import { relative, resolve, sep } from 'node:path';

export interface InputFile {
  /** The path as the user would write it. */
  readonly file: string;
  /** The path under the folder in which it was found, with forward slashes. Unique among the inputs. */
  readonly name: string;
}

/** The leading folders that all paths have in common. */
export function commonFolders(paths: readonly string[]): readonly string[] {
  let common = (paths[0] ?? '').split(sep).slice(0, -1);
  for (const path of paths) {
    const parts = path.split(sep);
    const apart = common.findIndex((part, i) => part !== parts[i]);
    if (apart >= 0) common = common.slice(0, apart);
  }
  return common;
}

/** If two inputs have the same name, names all inputs by their paths from their common folder. */
export function withUniqueNames(files: readonly InputFile[]): readonly InputFile[] {
  if (new Set(files.map(({ name }) => name)).size === files.length) return files;
  const paths = files.map(({ file }) => resolve(file));
  const root = commonFolders(paths).join(sep) + sep;
  // Without a common root (two Windows drives) the drive letter becomes a folder.
  return files.map(({ file }, i) => ({
    file,
    name: relative(root, paths[i])
      .replace(/^([a-z]):/i, '$1')
      .split(sep)
      .join('/'),
  }));
}

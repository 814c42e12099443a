import { relative, resolve, sep } from 'node:path';

export interface InputFile {
  /** As the user would write it. */
  readonly file: string;
  /** Unique among the inputs, with forward slashes: the path under the folder it was found in. */
  readonly name: string;
}

/** The folders, from the first on, that all of the files lie in. */
export function commonFolders(paths: readonly string[]): readonly string[] {
  let common = (paths[0] ?? '').split(sep).slice(0, -1);
  for (const path of paths) {
    const parts = path.split(sep);
    const apart = common.findIndex((part, i) => part !== parts[i]);
    if (apart >= 0) common = common.slice(0, apart);
  }
  return common;
}

/** Where two inputs have the same name, all are named by their path from the folder that they have in common. */
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

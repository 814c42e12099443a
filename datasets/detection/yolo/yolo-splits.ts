import { join, sep } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { isFolder } from '../../../io/regular-file.ts';
import { spelledPath } from '../spelling.ts';
import { spellingsOfSplit } from '../splits.ts';
import type { YoloSettings } from './yolo-names.ts';
import { locate } from './yolo-paths.ts';

const SPLITS = ['train', 'val', 'test'] as const;

const bad = (file: string, problem: string): ResnetCocoError =>
  new ResnetCocoError('BAD_DATASET', `${file}: ${problem}`);

/** An entry of the settings for a split, and what it names; undefined when that does not exist. */
interface SplitEntry {
  readonly key: string;
  readonly entry: string;
  readonly place: string | undefined;
}

const keyOf = ({ fields }: YoloSettings, split: string): string | undefined =>
  spellingsOfSplit(split).find((spelling) => Object.hasOwn(fields, spelling) && fields[spelling] != null);

/** @throws ResnetCocoError BAD_DATASET when an entry is not a path */
export function entriesOf(settings: YoloSettings, split: string | undefined): SplitEntry[] {
  const wanted = split === undefined ? SPLITS : [split];
  return wanted.flatMap((name) => {
    const key = keyOf(settings, name);
    if (key === undefined) return [];
    const value = settings.fields[key];
    return (Array.isArray(value) ? value : [value]).map((entry: unknown) => {
      if (typeof entry !== 'string') {
        throw bad(settings.file, `${key} must be a folder of images, a list of images, or several`);
      }
      return { key, entry, place: locate(entry, settings) };
    });
  });
}

/** The split's folders of images and lists of images. */
export async function placesOf(settings: YoloSettings, folder: string, split: string | undefined): Promise<string[]> {
  const { file } = settings;
  const named = SPLITS.filter((name) => keyOf(settings, name) !== undefined);
  if (split !== undefined && keyOf(settings, split) === undefined && named.length) {
    const remedy = `add ${split}: with a folder or a list of images to it, such as ${split}: images/${split}`;
    throw bad(file, `it has no ${split}; it has ${named.join(', ')}; ${remedy}`);
  }
  const entries = entriesOf(settings, split);
  if (!entries.length) return [usualPlace(folder, split)];
  const places = entries.flatMap(({ place }) => place ?? []);
  const gone = entries.filter(({ place }) => place === undefined);
  // Files often name a split that was never made; this is an error only if the user asked for that split.
  if (gone.length && (split !== undefined || !places.length)) {
    const problem = gone.map(({ key, entry }) => `${key} is ${entry}`).join(', ');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
    const isEscaped = gone.some(({ entry }) => /[\x00-\x1f]/.test(entry));
    const hint = isEscaped ? '; a backslash in double quotes is an escape of YAML: write / instead' : '';
    throw new ResnetCocoError('FILE_NOT_FOUND', `${file}: ${problem}: no such folder or list${hint}`);
  }
  return [...new Set(places)];
}

/** Where images usually lie when no file names them. */
function usualPlace(folder: string, split: string | undefined): string {
  const parts = folder.replaceAll(sep, '/').split('/');
  const at = parts.findLastIndex((part) => part.toLowerCase() === 'labels');
  const mirrored =
    at < 0 ? [] : [spelledPath(parts.slice(0, at).join('/') || '.', ['images', ...parts.slice(at + 1)].join('/'))];
  const roots = [...mirrored, spelledPath(folder, 'images'), folder].filter((root) => root !== undefined);
  const candidates =
    split === undefined
      ? roots
      : spellingsOfSplit(split).flatMap((name) => [
          ...roots.map((root) => spelledPath(root, name)),
          spelledPath(folder, `${name}/images`),
        ]);
  const place = candidates.find((candidate) => candidate !== undefined && isFolder(candidate));
  if (place !== undefined) return place;
  if (split === undefined) {
    throw new ResnetCocoError('FILE_NOT_FOUND', `${folder}: no folder of images; name the folder of images`);
  }
  const [file, wanted] = [join(folder, 'data.yaml'), join(roots[0], split)];
  const problem = `no folder of images of the split ${split}; put them into ${wanted}, or write ${split}: with their folder or list into ${file}`;
  throw new ResnetCocoError('FILE_NOT_FOUND', `${folder}: ${problem}; or leave the split out`);
}

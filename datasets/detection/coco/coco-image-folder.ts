import { basename, dirname } from 'node:path';
import { isFile, isFolder } from '../../../io/regular-file.ts';
import { portablePath, withoutExtension } from '../file-finder.ts';
import { Folders } from '../spelling.ts';
import { spellingsOfSplit } from '../splits.ts';

/** Names of annotation folders; the images lie beside such a folder. */
const ANNOTATION_FOLDERS = /^(annotations?|anns?|labels?|json)$/i;
/** Names of image folders. */
const IMAGE_FOLDERS = ['images', 'imgs', 'img', 'JPEGImages', 'data'];
/** Words in names of annotation files that name no split. */
const PLAIN_WORDS = /^(annotations?|instances?|person|keypoints|captions|stuff|panoptic|coco|labels?|default|)$/i;

/** To tell whether a folder has the images, at most this many are looked for. */
const SAMPLE = 50;

/**
 * Finds the image folder of a COCO file when the user names none: of the usual places around the file, the one with the
 * most of its images. These places are the file's own folder (Roboflow), `images/`, a folder named after the split
 * (`val2017/` for `instances_val2017.json`), and the same places beside `annotations/`.
 *
 * @param names of the images, as the file has them
 * @returns undefined when no such folder has any of them
 */
export function findCocoImageFolder(
  file: string,
  names: readonly string[],
  split: string | undefined,
): string | undefined {
  const step = Math.max(1, Math.floor(names.length / SAMPLE));
  const sample = names.filter((_, index) => index % step === 0).slice(0, SAMPLE);
  const folders = new Folders();
  const places = usualPlaces(file, split, folders);
  // Names may start with folders of another machine.
  for (const asNamed of [portablePath, (name: string) => basename(portablePath(name))]) {
    let most = 0;
    let best: string | undefined;
    for (const place of places) {
      const count = sample.filter((name) => isFile(folders.find(place, asNamed(name)) ?? '')).length;
      if (count > most) [most, best] = [count, place];
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** Likely folders, the likeliest first. */
function usualPlaces(file: string, split: string | undefined, folders: Folders): string[] {
  const here = dirname(file);
  const roots = ANNOTATION_FOLDERS.test(basename(dirname(`${here}/.`))) ? [dirname(here), here] : [here];
  const ofSplit = splitNames(basename(file), split);
  const below = [
    ...ofSplit,
    ...ofSplit.flatMap((name) => IMAGE_FOLDERS.flatMap((images) => [`${images}/${name}`, `${name}/${images}`])),
    '.',
    ...IMAGE_FOLDERS,
    ...IMAGE_FOLDERS.map((images) => `${images}/default`),
  ];
  const places = roots.flatMap((root) => below.flatMap((name) => folders.find(root, name) ?? []));
  return [...new Set(places)].filter(isFolder);
}

/** Folders named after the split that may hold the images: `val2017` and `val` for `instances_val2017.json`. */
function splitNames(file: string, split: string | undefined): string[] {
  const stem = withoutExtension(file).replace(/\.coco$/i, '');
  const words = stem.split(/[\s._-]+/).filter((word) => !PLAIN_WORDS.test(word));
  const ends = words.map((_, index) => words.slice(index).join('_'));
  const named = [stem, ...ends, ...words, ...words.map((word) => word.replace(/\d{4}$/, ''))];
  const asked = split === undefined ? [] : spellingsOfSplit(split);
  return [...new Set([...asked, ...named.flatMap(spellingsOfSplit)])].filter((name) => name !== '');
}

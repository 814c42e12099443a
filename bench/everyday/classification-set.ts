import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { readImage, readImageSize, resizeAntialiased, writeImage } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type Part, placeOf } from './held-apart.ts';
import type { LabeledPicture } from './sources.ts';

/** One name for the classes that the sources name differently. */
const SAME: Readonly<Record<string, string>> = {
  teddy: 'teddy bear',
  'remote control': 'remote',
  'computer keyboard': 'keyboard',
  carrots: 'carrot',
  pepper: 'bell pepper',
  shoes: 'shoe',
};

/** Names that differ only in case are one class, with the first name. */
export function namesOfClasses(labels: Iterable<string>): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  const names = new Map<string, string>();
  for (const label of labels) {
    if (names.has(label)) continue;
    const name = SAME[label.toLowerCase()] ?? label;
    const key = name.toLowerCase();
    if (!first.has(key)) first.set(key, name);
    names.set(label, first.get(key) as string);
  }
  return names;
}

export interface Limits {
  /** Maximum images per class, and the minimum for a class to be used. */
  readonly most: number;
  readonly fewest: number;
  /** Maximum images held out per class. */
  readonly mostHeldApart: number;
}

/** The images of each class and part, in an order that does not depend on their source. */
export function chosenPictures(
  pictures: readonly LabeledPicture[],
  { fewest, most, mostHeldApart }: Limits,
): ReadonlyMap<string, Readonly<Record<Part, readonly LabeledPicture[]>>> {
  const names = namesOfClasses(pictures.map(({ label }) => label));
  const classes = new Map<string, Record<Part, LabeledPicture[]>>();
  for (const picture of pictures) {
    const name = names.get(picture.label) as string;
    if (!classes.has(name)) classes.set(name, { train: [], val: [] });
    classes.get(name)?.[picture.part].push(picture);
  }
  const some = (of: readonly LabeledPicture[], count: number) =>
    of
      .map((picture) => ({ picture, place: placeOf(basename(picture.file)) }))
      .sort((a, b) => a.place - b.place)
      .slice(0, count)
      .map(({ picture }) => picture);
  return new Map(
    [...classes]
      .filter(([, { train }]) => train.length >= fewest)
      .map(([name, { train, val }]) => [name, { train: some(train, most), val: some(val, mostHeldApart) }]),
  );
}

/**
 * Puts an image into the folder of its class: a small one unchanged, a large one shrunk so that epochs read it fast.
 *
 * @param side maximum length of the shorter side
 * @returns the error, if the image cannot be read
 */
export async function placePicture(
  { file }: LabeledPicture,
  folder: string,
  name: string,
  side: number,
): Promise<ResnetCocoError | undefined> {
  try {
    const { height: tall, width: wide } = await readImageSize(file);
    mkdirSync(folder, { recursive: true });
    const short = Math.min(tall, wide);
    if (short > side) {
      const image = await readImage(file);
      const [width, height] = [image.width, image.height].map((length) => Math.round((length * side) / short));
      await writeImage(join(folder, `${name}.jpg`), resizeAntialiased(image, width, height), 'jpeg');
    } else linkOrCopy(file, join(folder, `${name}${extname(file)}`));
    return undefined;
  } catch (error) {
    if (error instanceof ResnetCocoError) return error;
    throw error;
  }
}

/** Links the file, or copies it if the file system has no links. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

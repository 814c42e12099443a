import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { readImage, readImageSize, resizeAntialiased, writeImage } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type Part, placeOf } from './held-apart.ts';
import type { LabelledPicture } from './sources.ts';

/** One thing has one name, whoever labelled it. */
const SAME: Readonly<Record<string, string>> = {
  teddy: 'teddy bear',
  'remote control': 'remote',
  'computer keyboard': 'keyboard',
  carrots: 'carrot',
  pepper: 'bell pepper',
  shoes: 'shoe',
};

/** Names that differ in capitals alone are one class, called as the first of them is. */
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
  /** Pictures of a class at most, and fewest for there to be such a class. */
  readonly most: number;
  readonly fewest: number;
  /** Held apart of a class at most. */
  readonly mostHeldApart: number;
}

/** The pictures of each class and part, in an order that does not depend on where they come from. */
export function chosenPictures(
  pictures: readonly LabelledPicture[],
  { fewest, most, mostHeldApart }: Limits,
): ReadonlyMap<string, Readonly<Record<Part, readonly LabelledPicture[]>>> {
  const names = namesOfClasses(pictures.map(({ label }) => label));
  const classes = new Map<string, Record<Part, LabelledPicture[]>>();
  for (const picture of pictures) {
    const name = names.get(picture.label) as string;
    if (!classes.has(name)) classes.set(name, { train: [], val: [] });
    classes.get(name)?.[picture.part].push(picture);
  }
  const some = (of: readonly LabelledPicture[], count: number) =>
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
 * Puts a picture into the folder of its class: as it is where it is small, else shrunk so that epochs read it fast.
 *
 * @param side that the shorter side has at most
 * @returns the error of a picture that cannot be read
 */
export async function placePicture(
  { file }: LabelledPicture,
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

/** A link where the file system has them. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

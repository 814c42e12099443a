import { basename } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { readBytes, statsOf } from '../../../io/regular-file.ts';
import type { Split } from '../classification-dataset.ts';
import { type CifarKind, PIXEL_BYTES, PLANE } from './cifar-kind.ts';

/** The images of one file. */
export interface CifarBatch {
  /** The file's name without its folder. */
  readonly name: string;
  readonly labels: ArrayLike<number>;
  /** RGB, row by row: 32 × 32 × 3. */
  pixels(index: number): Uint8Array;
}

/** A published layout of CIFAR's files. */
export interface CifarLayout {
  readonly name: string;
  readonly kinds: readonly CifarKind[];
  /** The file of a batch such as `test_batch`. */
  file(batch: string): string;
  read(kind: CifarKind, folder: string, split: Split): Promise<readonly CifarBatch[]>;
  /** Class names; undefined when the layout has none. */
  classes(kind: CifarKind, folder: string): Promise<readonly string[] | undefined>;
}

export const badDataset = (file: string, problem: string, cause?: unknown): ResnetCocoError =>
  new ResnetCocoError('BAD_DATASET', `${file}: ${problem}`, { cause });

/** @throws ResnetCocoError FILE_NOT_FOUND when the file is missing */
export async function readDataFile(path: string): Promise<Buffer> {
  try {
    return await readBytes(path, { code: 'BAD_DATASET' });
  } catch (cause) {
    const { code, message } = cause as ResnetCocoError;
    throw new ResnetCocoError(code, `${message}; the data set is incomplete without it`, { cause });
  }
}

/** The content of an optional file. */
export const readOptionalFile = async (path: string): Promise<Buffer | undefined> =>
  statsOf(path) ? await readDataFile(path) : undefined;

/**
 * A batch of images with checked labels.
 *
 * @param labels the file's values, not yet checked
 * @throws ResnetCocoError BAD_DATASET when a label is not a class or there are no images
 */
export function cifarBatch(
  kind: CifarKind,
  file: string,
  labels: ArrayLike<unknown>,
  pixels: (index: number) => Uint8Array,
): CifarBatch {
  if (!labels.length) throw badDataset(file, 'it holds no images');
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (Number.isInteger(label) && (label as number) >= 0 && (label as number) < kind.classCount) continue;
    const shown = typeof label === 'object' ? 'no number' : String(label);
    throw badDataset(file, `image ${i} has label ${shown}; ${kind.title} has labels 0 to ${kind.classCount - 1}`);
  }
  return { name: basename(file), labels: labels as ArrayLike<number>, pixels };
}

/** Converts planes of red, green and blue to RGB pixels. */
export function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(PIXEL_BYTES);
  for (let i = 0, o = 0; i < PLANE; i++) {
    pixels[o++] = planes[i];
    pixels[o++] = planes[PLANE + i];
    pixels[o++] = planes[2 * PLANE + i];
  }
  return pixels;
}

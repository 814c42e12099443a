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

/** One of the ways in which CIFAR is handed around. */
export interface CifarLayout {
  readonly name: string;
  readonly kinds: readonly CifarKind[];
  /** Of a batch such as `test_batch`, its file. */
  file(batch: string): string;
  read(kind: CifarKind, folder: string, split: Split): Promise<readonly CifarBatch[]>;
  /** Names of the classes; undefined where the layout has none. */
  classes(kind: CifarKind, folder: string): Promise<readonly string[] | undefined>;
}

export const badDataset = (file: string, problem: string, cause?: unknown): ResnetCocoError =>
  new ResnetCocoError('BAD_DATASET', `${file}: ${problem}`, { cause });

/** @throws ResnetCocoError FILE_NOT_FOUND */
export async function readDataFile(path: string): Promise<Buffer> {
  try {
    return await readBytes(path, { code: 'BAD_DATASET' });
  } catch (cause) {
    const { code, message } = cause as ResnetCocoError;
    throw new ResnetCocoError(code, `${message}; the data set is incomplete without it`, { cause });
  }
}

/** The content of a file that may be absent. */
export const readOptionalFile = async (path: string): Promise<Buffer | undefined> =>
  statsOf(path) ? await readDataFile(path) : undefined;

/**
 * A batch, once its labels are known to be classes.
 *
 * @param labels whatever the file had in their place
 * @throws ResnetCocoError BAD_DATASET
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

/** From a plane each of red, green and blue to RGB pixel by pixel. */
export function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(PIXEL_BYTES);
  for (let i = 0, o = 0; i < PLANE; i++) {
    pixels[o++] = planes[i];
    pixels[o++] = planes[PLANE + i];
    pixels[o++] = planes[2 * PLANE + i];
  }
  return pixels;
}

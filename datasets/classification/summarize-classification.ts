import { ResnetCocoError } from '../../errors.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import type { ImageSource } from '../images/image.ts';
import { type ImageSize, readImageSize } from '../images/image-size.ts';
import { readImage } from '../images/read-image.ts';
import { type Spread, spreadOf } from '../spread.ts';
import type { ClassificationDataset } from './classification-dataset.ts';

const IMAGES_AT_ONCE = 32;

/** Summary of a classification data set. */
export interface ClassificationSummary {
  readonly name: string;
  readonly images: number;
  readonly classes: number;
  /** Of the readable images, in pixels; undefined when there are none. */
  readonly width: Spread | undefined;
  readonly height: Spread | undefined;
  readonly perClass: readonly { readonly index: number; readonly name: string; readonly images: number }[];
  /** Images that cannot be read. */
  readonly unreadable: readonly { readonly image: string; readonly message: string }[];
}

/**
 * Counts the images of each class and reads their sizes.
 *
 * @throws the signal's reason when aborted
 */
export async function summarizeClassification(
  dataset: ClassificationDataset,
  signal?: AbortSignal,
): Promise<ClassificationSummary> {
  const indices = Array.from({ length: dataset.length }, (_, index) => index);
  const counts = new Uint32Array(dataset.classes.length);
  const sizes: ImageSize[] = [];
  const unreadable: { image: string; message: string }[] = [];
  for await (const { index, size } of mapOrdered(indices, IMAGES_AT_ONCE, async (index) => ({
    index,
    size: await sizeOf(dataset.image(index)),
  }))) {
    signal?.throwIfAborted();
    counts[dataset.label(index)]++;
    if (size instanceof ResnetCocoError) unreadable.push({ image: dataset.nameOf(index), message: size.message });
    else sizes.push(size);
  }
  return {
    name: dataset.name,
    images: dataset.length,
    classes: dataset.classes.length,
    width: spreadOf(sizes.map(({ width }) => width)),
    height: spreadOf(sizes.map(({ height }) => height)),
    perClass: dataset.classes.map((name, index) => ({ index, name, images: counts[index] })),
    unreadable,
  };
}

async function sizeOf(image: ImageSource): Promise<ImageSize | ResnetCocoError> {
  try {
    return typeof image === 'string' ? await readImageSize(image) : await readImage(image);
  } catch (error) {
    if (error instanceof ResnetCocoError) return error;
    throw error;
  }
}

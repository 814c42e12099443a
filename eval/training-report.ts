import { readImage, writeWholeFile } from '../datasets/index.ts';
import { pictureUrl } from './report/picture-url.ts';
import type { SamplePictures } from './report/sample-pictures.ts';
import { type TrainingPageParts, trainingPage } from './report/training-page.ts';

/** What the page of a training is made of. */
export interface TrainingReport extends Omit<TrainingPageParts, 'samples'> {
  /** Files of pictures with what was detected in them, by evaluation, the newest first. */
  readonly samples?: readonly { readonly title: string; readonly files: readonly string[] }[];
}

/** Evaluations with pictures at most, their longer side in pixels: a page stays below a few megabytes. */
const [EVALUATIONS, SIDE, QUALITY] = [12, 400, 75];

/**
 * Writes how training runs went as one page that needs no server and no network: curves of everything that they logged,
 * their best results and their settings. Written whole, so that it can be read and written again while a run goes on.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeTrainingPage(file: string, { samples = [], ...parts }: TrainingReport): Promise<void> {
  await writeWholeFile(file, trainingPage({ ...parts, samples: await Promise.all(spread(samples).map(embedded)) }));
}

/** So many of a list, evenly, with the first and the last. */
function spread<T>(list: readonly T[]): readonly T[] {
  if (list.length <= EVALUATIONS) return list;
  return Array.from({ length: EVALUATIONS }, (_, i) => list[Math.round((i * (list.length - 1)) / (EVALUATIONS - 1))]);
}

async function embedded({ files, title }: NonNullable<TrainingReport['samples']>[number]): Promise<SamplePictures> {
  const urls = await Promise.all(files.map(async (path) => pictureUrl(await readImage(path), SIDE, QUALITY)));
  return { title, urls };
}

import { enlargement, readImage } from '../../datasets/index.ts';
import { pictureUrl } from '../../eval/report/picture-url.ts';
import type { Preview, SampleEvaluation } from '../../eval/report/sample-pictures.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import { writeWholeFile } from '../../io/whole-file.ts';
import { type TrainingPageParts, trainingPage } from './training-page.ts';

/** What the page of a training is made of. */
export interface TrainingReport extends Omit<TrainingPageParts, 'previews'> {
  /** What was detected in some images at each evaluation, the newest first. */
  readonly samples?: readonly SampleEvaluation[];
}

/** Evaluations with boxes at most; the longer side of an image in pixels. */
const [EVALUATIONS, SIDE, QUALITY] = [12, 640, 80];
/** Images in memory at once. */
const PREVIEWS_AT_ONCE = 8;

/**
 * Writes how training runs went as one page that needs no server and no network: curves of everything that they logged,
 * their best results and their settings. Written whole, so that it can be read and written again while a run goes on.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeTrainingPage(file: string, { samples = [], ...parts }: TrainingReport): Promise<void> {
  const shown = spread(samples);
  const files = [...new Set(shown.flatMap(({ images }) => images.map((image) => image.file)))];
  const previews = new Map<string, Preview>();
  const made = mapOrdered(files, PREVIEWS_AT_ONCE, async (path) => ({ path, preview: await previewOf(path) }));
  for await (const { path, preview } of made) previews.set(path, preview);
  await writeWholeFile(file, trainingPage({ ...parts, samples: shown, previews }));
}

/** So many of a list, evenly, with the first and the last. */
function spread<T>(list: readonly T[]): readonly T[] {
  if (list.length <= EVALUATIONS) return list;
  return Array.from({ length: EVALUATIONS }, (_, i) => list[Math.round((i * (list.length - 1)) / (EVALUATIONS - 1))]);
}

async function previewOf(path: string): Promise<Preview> {
  try {
    const image = await readImage(path);
    return { url: await pictureUrl(image, SIDE, QUALITY, enlargement(image) > 1 ? 'png' : 'jpeg') };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

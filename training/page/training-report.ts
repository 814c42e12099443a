import { enlargement, readImage } from '../../datasets/index.ts';
import { pictureUrl } from '../../eval/report/picture-url.ts';
import type { Preview, SampleEvaluation } from '../../eval/report/sample-pictures.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import { writeWholeFile } from '../../io/whole-file.ts';
import { type TrainingPageParts, trainingPage } from './training-page.ts';

/** The contents of a training page. */
export interface TrainingReport extends Omit<TrainingPageParts, 'previews'> {
  /** Detections in some images at each evaluation, the newest first. */
  readonly samples?: readonly SampleEvaluation[];
}

/** The most evaluations with boxes, and the longer side of an image in pixels. */
const [EVALUATIONS, SIDE, QUALITY] = [12, 640, 80];
/** How many images are in memory at once. */
const PREVIEWS_AT_ONCE = 8;

/**
 * Writes a page about training runs: curves of everything that they logged, their best results and their settings. The
 * page needs no server and no network. It is written whole, so that it can be rewritten while a run goes on.
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

/** Picks this many elements of a list at even distances, including the first and the last. */
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

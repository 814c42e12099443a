/** The thread of a `DetectionLoader`: makes one training image at a time from its file. */
import { type Transferable, workerData } from 'node:worker_threads';
import { ResnetCocoError } from '../../../errors.ts';
import { answerJobs } from '../../../io/threads/answer-jobs.ts';
import { isCancelled } from '../../../io/threads/cancelled.ts';
import { wholeView } from '../../augment/view.ts';
import type { Image } from '../../images/image.ts';
import { normalizedLevels } from '../../images/normalize.ts';
import { readImage } from '../../images/read-image.ts';
import { seeded } from '../seeded.ts';
import type { DetectionSample } from './loader-options.ts';
import { prepareSample } from './prepare.ts';
import type { SampleJob, SampleResult, SampleSettings } from './sample-job.ts';

const { recipe, seed } = workerData as SampleSettings;
const levels = normalizedLevels(recipe.image_mean, recipe.image_std, recipe.channel_order);

async function makeSample({ cancelled, epoch, place, sample }: SampleJob): Promise<SampleResult> {
  if (isCancelled(cancelled)) return undefined;
  try {
    const image = await readAnnotated(sample);
    const picture = { ...sample, image, view: wholeView(image) };
    const random = seeded(seed, 'sample', epoch, place);
    return { sample: prepareSample(picture, recipe, levels, random, sample.file) };
  } catch (error) {
    // An error that the image caused makes it broken; any other error ends the run.
    const isImages = error instanceof ResnetCocoError && IMAGES_OWN.includes(error.code);
    if (!isImages) throw error;
    return { problem: { code: error.code, message: error.message } };
  }
}

const IMAGES_OWN: readonly string[] = ['BAD_IMAGE', 'FILE_NOT_FOUND', 'BAD_DATASET'];

/**
 * @throws ResnetCocoError as `readImage` does
 * @throws ResnetCocoError BAD_DATASET when the file's size differs from the annotated one, so boxes would be misplaced
 */
async function readAnnotated({ file, height, width }: DetectionSample): Promise<Image> {
  const image = await readImage(file);
  if (image.width === width && image.height === height) return image;
  const sizes = `${image.width}×${image.height} pixels, ${width}×${height} as annotated`;
  throw new ResnetCocoError('BAD_DATASET', `${file}: ${sizes}: its boxes do not fit; annotate it as it is`);
}

answerJobs<SampleJob, SampleResult>(makeSample, (result) => {
  if (!result || !('sample' in result)) return [];
  const { boxes, data, keypoints = [], labels, masks = [] } = result.sample;
  const parts = [data, boxes, labels, ...keypoints, ...masks.map((mask) => mask?.data)];
  return parts.flatMap((part) => (part ? [part.buffer] : [])) as Transferable[];
});

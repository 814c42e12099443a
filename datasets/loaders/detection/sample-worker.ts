/** The thread of a `DetectionLoader`: makes one training image at a time from its file. */
import { type Transferable, workerData } from 'node:worker_threads';
import { ResnetCocoError } from '../../../errors.ts';
import type { Random } from '../../../io/random.ts';
import { answerJobs } from '../../../io/threads/answer-jobs.ts';
import { isCancelled } from '../../../io/threads/cancelled.ts';
import { copyPaste, MOSAIC, mosaic } from '../../augment/compose.ts';
import type { BoxedPicture } from '../../augment/objects.ts';
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

async function makeSample({ cancelled, epoch, others, place, sample }: SampleJob): Promise<SampleResult> {
  if (isCancelled(cancelled)) return undefined;
  try {
    const picture = await pictureOf(sample);
    const random = seeded(seed, 'sample', epoch, place);
    const composed = others.length ? await compose(picture, others, random) : picture;
    return { sample: prepareSample(composed, recipe, levels, random, sample.file) };
  } catch (error) {
    // An error that the image caused makes it broken; any other error ends the run.
    const isImages = error instanceof ResnetCocoError && IMAGES_OWN.includes(error.code);
    if (!isImages) throw error;
    return { problem: { code: error.code, message: error.message } };
  }
}

async function pictureOf(sample: DetectionSample): Promise<BoxedPicture> {
  const image = await readAnnotated(sample);
  return { ...sample, image, view: wholeView(image) };
}

/** A mosaic, or pasted objects; another image that cannot be read is left out, and told of when its own turn comes. */
async function compose(
  picture: BoxedPicture,
  others: readonly DetectionSample[],
  random: Random,
): Promise<BoxedPicture> {
  const { copy_paste, max_size, mosaic: tiles } = recipe;
  const read = async (samples: readonly DetectionSample[]) =>
    (await Promise.allSettled(samples.map(pictureOf))).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    );
  let made = picture;
  if (tiles && random.uniform() < (tiles.p ?? 1)) {
    made = mosaic([picture, ...(await read(others.slice(0, MOSAIC - 1)))], max_size, random);
  }
  if (copy_paste && random.uniform() < (copy_paste.p ?? 0.5)) {
    const [other] = await read(others.slice(MOSAIC - 1));
    if (other) made = copyPaste(made, other, random);
  }
  return made;
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

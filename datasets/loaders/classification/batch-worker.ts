/** The thread of a `Loader`: makes one batch at a time, from pictures to the model's input. */
import { type Transferable, workerData } from 'node:worker_threads';
import { ResnetCocoError } from '../../../errors.ts';
import { answerJobs } from '../../../io/threads/answer-jobs.ts';
import { isCancelled } from '../../../io/threads/cancelled.ts';
import { mix } from '../../augment/mix.ts';
import { targets } from '../../augment/targets.ts';
import { normalizedLevels } from '../../images/normalize.ts';
import { seeded } from '../seeded.ts';
import type { BatchJob, BatchResult, BrokenPicture, FreshPicture, ThreadSettings } from './batch-job.ts';
import { storedPicture } from './pixel-store.ts';
import { prepare } from './prepare.ts';
import { type ReadPicture, readPicture } from './read-picture.ts';
import { sizeOf } from './recipe.ts';

const { recipe, seed, classes, pixels, cachedSize } = workerData as ThreadSettings;
const levels = normalizedLevels(recipe.image_mean, recipe.image_std, recipe.channel_order);
const size = sizeOf(recipe);

async function makeBatch(job: BatchJob): Promise<BatchResult> {
  const { epoch, number, indices, places, labels, cancelled } = job;
  const broken: BrokenPicture[] = [];
  const fresh: FreshPicture[] = [];
  const nothing = { batch: undefined, broken, fresh };
  if (isCancelled(cancelled)) return nothing;
  const image = new Float32Array(indices.length * size * size * 3);
  for (const [i, index] of indices.entries()) {
    if (isCancelled(cancelled)) return nothing;
    const picture = await pictureOf(job, i).catch((error: unknown) => asBroken(index, error));
    if ('message' in picture) {
      broken.push(picture);
      continue;
    }
    if (picture.fresh) fresh.push(picture.fresh);
    if (broken.length) continue; // the batch is made again with other images
    const random = seeded(seed, 'sample', epoch, places[i]);
    prepare(picture.image, recipe, levels, random, image, i * size * size * 3);
  }
  if (broken.length) return nothing;
  const isTraining = recipe.kind === 'training';
  const target = targets(labels, classes, isTraining ? recipe.label_smoothing : 0);
  if (isTraining) {
    const batch = {
      image: { shape: [indices.length, size, size, 3], data: image },
      target: { shape: [indices.length, classes], data: target },
    } as const;
    mix(batch, recipe, seeded(seed, 'mix', epoch, number));
  }
  return { batch: { image, target }, broken, fresh };
}

async function pictureOf({ indices, pictures }: BatchJob, i: number): Promise<ReadPicture> {
  if (pictures) return readPicture(pictures[i], cachedSize);
  return { image: storedPicture(pixels!, indices[i]) };
}

/** An error that the image caused makes it broken; any other error ends the run. */
function asBroken(index: number, error: unknown): BrokenPicture {
  if (error instanceof ResnetCocoError && (error.code === 'BAD_IMAGE' || error.code === 'FILE_NOT_FOUND')) {
    return { index, code: error.code, message: error.message };
  }
  throw error;
}

answerJobs<BatchJob, BatchResult>(makeBatch, ({ batch, fresh }) => {
  const memory = fresh.map((picture) => picture.pixels);
  return [batch?.image, batch?.target, ...memory].flatMap((data) => data?.buffer ?? []) as Transferable[];
});

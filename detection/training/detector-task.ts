import { join } from 'node:path';
import { tensorShapes } from '../../backbone/index.ts';
import {
  type DetectionBatch,
  DetectionLoader,
  type DetectionSample,
  detectionFingerprint,
  keypointLayout,
} from '../../datasets/index.ts';
import { seeded } from '../../datasets/loaders/seeded.ts';
import type { Engine } from '../../engine/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { DetectionMeasures } from '../../eval/index.ts';
import type { OptionKinds } from '../../io/options.ts';
import { batched } from '../../io/threads/batched.ts';
import {
  type LoopState,
  type PlainPaths,
  type RunOptions,
  runOptionKinds,
  type StepOutcome,
  type TrainingTask,
} from '../../training/index.ts';
import type { DetectorTrainer } from '../architectures/architecture.ts';
import {
  architectureOf,
  detectorParameterCount,
  detectorParameters,
  detectorTitle,
} from '../architectures/architectures.ts';
import { DetectorEvaluation } from './evaluation.ts';
import { labelsOf } from './labels.ts';
import { describeObjects, learnedFields, type ObjectTargets } from './object-targets.ts';
import type { DetectorRunSettings } from './run-settings.ts';
import { type AnnotatedImages, trainingSamples } from './samples.ts';
import { detectorStartWeights } from './start.ts';

/** How the training of a detector goes at a step. */
export interface DetectorStep extends LoopState {
  /** Mean over the epoch so far. */
  readonly loss: number;
}

/** How an epoch went. */
export interface DetectorEpoch extends DetectorStep {
  /** Absent where it was not evaluated. */
  readonly validation?: DetectionMeasures;
  /** Whether it is the best so far. */
  readonly isBest: boolean;
}

export interface DetectorEvents {
  readonly onStep?: ((step: DetectorStep) => void) | undefined;
  readonly onEpoch?: ((epoch: DetectorEpoch) => void | Promise<void>) | undefined;
  /** So many images of so many are evaluated. */
  readonly onEvaluated?: ((images: number, of: number) => void) | undefined;
}

/** Settings of `trainDetector`. */
export interface TrainDetectorOptions extends RunOptions, DetectorEvents {
  /** What to learn from, such as `readDetectionDataset` gives. */
  readonly images: AnnotatedImages;
  /** What to evaluate on, with categories of the same names; without it there is no best epoch, but the last. */
  readonly validation?: AnnotatedImages;
  /** Such as `detectorSettings(images, { epochs: 12 }, await detectorStart('resnet50'))`. */
  readonly settings: DetectorRunSettings;
}

export const trainDetectorKinds: OptionKinds<TrainDetectorOptions> = {
  ...runOptionKinds,
  onStep: 'function',
  onEpoch: 'function',
  onEvaluated: 'function',
  images: 'object',
  validation: 'object',
  settings: 'object',
};

/** Where a run draws what it detects at each evaluation. */
export const samplesFolder = (folder: string): string => join(folder, 'samples');

/** What tells the training of a detector from others. */
export function detectorTask(
  options: PlainPaths<TrainDetectorOptions>,
  settings: DetectorRunSettings,
): TrainingTask<readonly DetectionBatch[], DetectionMeasures> {
  const { engine, folder, images, onEpoch, onEvaluated, onProblem, onStep, signal, validation } = options;
  const { accumulate, model, seed } = settings;
  checkCategories(images, settings);
  const targets = architectureOf(model).targets(model);
  const samples = trainingSamples(images, model, targets);
  checkTargets(samples, targets);
  const evaluation =
    validation &&
    new DetectorEvaluation({
      engine,
      config: model,
      validation,
      samples: samplesFolder(folder),
      signal,
      onImages: onEvaluated,
      onProblem,
    });
  const loader = new DetectionLoader(samples, {
    recipe: settings.recipe,
    batch: settings.batch,
    seed,
    aspect_ratio_group_factor: settings.aspect_ratio_group_factor,
    repeat_threshold: settings.repeat_threshold,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(onProblem ? { onProblem } : {}),
  });
  checkSteps(loader.batches, accumulate);
  const steps = Math.floor(loader.batches / accumulate);
  const stepOf = (state: LoopState, mean: (name: string) => number): DetectorStep => ({ ...state, loss: mean('loss') });
  return {
    settings,
    model: { config: { ...model }, shapes: tensorShapes(detectorParameters(model)) },
    data: {
      dataset: { ...described(images), usable: samples.length },
      evaluated_on: validation && described(validation),
      fingerprints: async () => ({
        trained: await detectionFingerprint(images.dataset, images.files, learnedFields(samples)),
        evaluated: validation && (await detectionFingerprint(validation.dataset, validation.files)),
      }),
    },
    description: describe(settings, engine, steps, leftOut(images, samples), evaluation?.count),
    startWeights: (init) => detectorStartWeights(model, seed, init),
    createTrainer: async (weights, trainingOptions) => {
      const { train: create } = architectureOf(model);
      const training = await create(engine, model, weights, settings.training, trainingOptions);
      return {
        train: (batches, rate) => train(training, batches, seed, rate),
        snapshot: () => training.snapshot(),
        dispose: () => training.dispose(),
      };
    },
    steps,
    batches: async function* (epoch, from) {
      const batches = loader.epoch(epoch, { from: from * accumulate, signal });
      // What makes no whole step is left out of the epoch.
      for await (const group of batched(batches, accumulate)) if (group.length === accumulate) yield group;
    },
    epochMeans: ['loss'],
    metric: 'AP',
    validate: evaluation && ((weights, { epoch }) => evaluation.run(weights, epoch)),
    alsoLogged: evaluation && (() => evaluation.ofCategories),
    onStep: (state, mean) => onStep?.(stepOf(state, mean)),
    onEpoch: (state, mean, outcome) => onEpoch?.({ ...stepOf(state, mean), ...outcome }),
    close: () => loader.close(),
  };
}

/** @throws ResnetCocoError BAD_DATASET where no object has what a head learns */
function checkTargets(samples: readonly DetectionSample[], { keypoints, masks }: ObjectTargets): void {
  const lacks = (what: 'segmentations' | 'keypoints') => !samples.some((sample) => sample[what]?.some(Boolean));
  const [head, lacking] =
    masks && lacks('segmentations')
      ? ['mask', 'a mask (`segmentation`)']
      : keypoints !== undefined && lacks('keypoints')
        ? ['keypoint', 'labeled keypoints']
        : [];
  if (head === undefined) return;
  const problem = `none of the objects to train on has ${lacking}, which the ${head} head learns`;
  throw new ResnetCocoError('BAD_DATASET', `${problem}; leave ${head} out of \`heads\``);
}

/** @throws ResnetCocoError BAD_CONFIG for settings that were made for other categories */
function checkCategories({ dataset }: AnnotatedImages, { model }: DetectorRunSettings): void {
  const { keypoints } = architectureOf(model).targets(model);
  const { categories } = labelsOf(dataset.categories, keypoints === undefined ? undefined : keypointLayout(dataset));
  if (JSON.stringify(categories) === JSON.stringify(model.categories)) return;
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(', ');
  throw new ResnetCocoError(
    'BAD_CONFIG',
    `training: model.categories are ${names(model.categories)}, but those of the data set ${names(categories)}; make settings of it`,
  );
}

function checkSteps(batches: number, accumulate: number): void {
  if (batches >= accumulate) return;
  const problem = `${batches} batches an epoch are fewer than the ${accumulate} that make one step`;
  throw new ResnetCocoError('BAD_DATASET', `${problem}; make \`accumulate\` or \`batch\` smaller`);
}

const described = ({ dataset }: AnnotatedImages) => ({
  images: dataset.images.length,
  annotations: dataset.annotations.length,
});

/** What of the data set is not learned: images without boxes, and objects without what is learned besides boxes. */
function leftOut({ dataset }: AnnotatedImages, samples: readonly DetectionSample[]): string {
  const images = dataset.images.length - samples.length;
  const left = images ? `, ${images} without usable boxes left out` : '';
  const hasTargets = samples.some(({ keypoints, segmentations }) => keypoints ?? segmentations);
  return hasTargets ? `${left}, ${describeObjects(samples, dataset.annotations)}` : left;
}

function describe(
  { accumulate, batch, model }: DetectorRunSettings,
  engine: Engine,
  steps: number,
  left: string,
  evaluated: number | undefined,
): string {
  const parameters = detectorParameterCount(model).toLocaleString('en');
  const size = accumulate > 1 ? `${accumulate} × ${batch}` : String(batch);
  return (
    `${detectorTitle(model)}, ${parameters} parameters, on ${engine.device}: ` +
    `${steps} steps of ${size} images an epoch${left}, ${evaluated === undefined ? 'not evaluated' : `evaluated on ${evaluated} images`}`
  );
}

async function train(
  training: DetectorTrainer,
  batches: readonly DetectionBatch[],
  seed: number,
  rate: number,
): Promise<StepOutcome> {
  const taken = batches.map(({ epoch, images, number }) => ({
    images: images.map(({ boxes, keypoints, labels, masks, ...image }) => ({
      ...image,
      objects: { boxes, labels, ...(masks && { masks }), ...(keypoints && { keypoints }) },
    })),
    random: seeded(seed, 'choices', epoch, number),
  }));
  const { gradientNorm, losses } = await training.stepOf(taken, rate);
  const loss = Object.values(losses).reduce((sum, part) => sum + part, 0);
  const images = batches.reduce((sum, batch) => sum + batch.images.length, 0);
  return { images, means: { loss, ...losses }, gradientNorm };
}

import { type Batch, type ClassificationDataset, classificationFingerprint, Loader } from '../../datasets/index.ts';
import type { HostTensor, TrainingProgram } from '../../engine/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { OptionKinds } from '../../io/options.ts';
import {
  type LoopState,
  type PlainPaths,
  type RunOptions,
  runOptionKinds,
  type StepOutcome,
  type TrainingTask,
} from '../../training/index.ts';
import { blockCount, classificationLoss } from '../classification-loss.ts';
import { planClassifier } from '../classifier-program.ts';
import { classifierTransform } from '../classifier-transform.ts';
import { parameterCount, tensorShapes } from '../parameter-plan.ts';
import { classifierParameters } from '../resnet-plan.ts';
import { checkFreeze, modelConfig } from './model-config.ts';
import type { TrainingSettings } from './settings.ts';
import { startWeights } from './start-weights.ts';
import { keptBranches } from './stochastic-depth.ts';
import { labelsIn, score, type Validation, validate } from './validation.ts';

/** The progress of a training after a step. */
export interface TrainingStep extends LoopState {
  /** The means over the epoch so far. */
  readonly loss: number;
  readonly top1: number;
}

/** The result of an epoch. */
export interface TrainingEpoch extends TrainingStep {
  /** Absent if the epoch was not evaluated. */
  readonly validation?: Validation;
  /** Whether this evaluation is the best so far. */
  readonly isBest: boolean;
}

export interface TrainingEvents {
  readonly onStep?: ((step: TrainingStep) => void) | undefined;
  readonly onEpoch?: ((epoch: TrainingEpoch) => void | Promise<void>) | undefined;
  /** Called while an evaluation runs, with the images done and their total. */
  readonly onEvaluated?: ((images: number, of: number) => void) | undefined;
}

/** Settings of `trainClassifier`. */
export interface TrainClassifierOptions extends RunOptions, TrainingEvents {
  /** The training set. The last images of a shuffled epoch are left out if they do not fill a batch. */
  readonly dataset: ClassificationDataset;
  /** The evaluation set, with classes of the same names. */
  readonly validation: ClassificationDataset;
  /** Such as `trainingSettings('cifar10', { epochs: 40 })`. */
  readonly settings: TrainingSettings;
  /** A folder for decoded images. */
  readonly cache?: string;
}

export const trainClassifierKinds: OptionKinds<TrainClassifierOptions> = {
  ...runOptionKinds,
  onStep: 'function',
  onEpoch: 'function',
  onEvaluated: 'function',
  dataset: 'object',
  validation: 'object',
  settings: 'object',
  cache: 'text',
};

/** A batch, and the epoch that it is of. */
interface EpochBatch extends Batch {
  readonly epoch: number;
}

/** The training of a classifier, as `runTraining` runs it. */
export function classifierTask(
  options: PlainPaths<TrainClassifierOptions>,
  settings: TrainingSettings,
): TrainingTask<EpochBatch, Validation> {
  const { cache, dataset, engine, onEpoch, onEvaluated, onStep, signal, validation } = options;
  const { batch, freeze, recipe, seed, stochastic_depth = 0 } = settings;
  const config = modelConfig(settings, dataset);
  const plan = planClassifier(config);
  checkFreeze(settings, plan);
  checkSteps(dataset.length, batch);
  const parameters = classifierParameters(plan, { zeroGamma: settings.zero_gamma === true });
  const labels = labelsIn(validation, dataset.classes);
  const loader = new Loader(dataset, { ...loaderOptions(options), batch, recipe, seed, dropLast: true });
  const evaluation = new Loader(validation, { ...loaderOptions(options), batch, recipe: classifierTransform(config) });
  const stepOf = (state: LoopState, mean: (name: string) => number): TrainingStep => ({
    ...state,
    loss: mean('loss'),
    top1: mean('top1'),
  });
  return {
    settings,
    model: { config: { ...config }, shapes: tensorShapes(parameters) },
    data: {
      dataset: described(dataset),
      evaluated_on: described(validation),
      fingerprints: async () => ({
        trained: await classificationFingerprint(dataset),
        evaluated: await classificationFingerprint(validation),
      }),
      // A cache shrinks images, which changes the resulting weights.
      options: { cache: cache !== undefined },
    },
    description:
      `${config.architecture}, ${parameterCount(parameters).toLocaleString('en')} parameters, on ${engine.device}: ` +
      `${loader.batches} steps of ${batch} images an epoch, evaluated on ${validation.length} images`,
    startWeights: (init) => startWeights(parameters, seed, init),
    createTrainer: async (weights, trainingOptions) => {
      const size = { batch, height: recipe.size, width: recipe.size };
      const choices = { freeze, isBinary: settings.loss === 'bce', hasDepth: stochastic_depth > 0 };
      const program = await engine.train(classificationLoss(plan, weights, size, choices), trainingOptions);
      const branchesOf = ({ epoch, labels, number }: EpochBatch) =>
        choices.hasDepth
          ? { branches: keptBranches(labels.length, blockCount(plan), stochastic_depth, seed, [epoch, number]) }
          : {};
      return {
        train: (taken, rate) => train(program, taken, branchesOf(taken), rate),
        snapshot: () => program.snapshot(),
        dispose: () => program.dispose(),
      };
    },
    steps: loader.batches,
    batches: async function* (epoch, from) {
      for await (const taken of loader.epoch(epoch, { from, signal })) yield { ...taken, epoch };
    },
    epochMeans: ['loss', 'top1'],
    metric: 'top1',
    validate: (weights) =>
      validate(engine, config, weights, evaluation, labels, {
        signal,
        onImages: (images) => onEvaluated?.(images, validation.length),
      }),
    onStep: (state, mean) => onStep?.(stepOf(state, mean)),
    onEpoch: (state, mean, outcome) => onEpoch?.({ ...stepOf(state, mean), ...outcome }),
    close: async () => {
      await evaluation.close();
      await loader.close();
    },
  };
}

/** @throws ResnetCocoError BAD_DATASET where an epoch has no step */
function checkSteps(images: number, batch: number): void {
  if (images >= batch) return;
  const problem = `${images} images to learn from make no batch of ${batch}, which a step takes`;
  throw new ResnetCocoError('BAD_DATASET', `${problem}; make \`batch\` smaller`);
}

const loaderOptions = ({ workers, cache, onProblem }: TrainClassifierOptions) => ({
  ...(workers === undefined ? {} : { workers }),
  ...(cache === undefined ? {} : { cache }),
  ...(onProblem ? { onProblem } : {}),
});

const described = ({ name, classes, length }: ClassificationDataset) => ({
  name,
  classes: classes.length,
  images: length,
});

async function train(
  program: TrainingProgram,
  { image, labels, target }: Batch,
  branches: Readonly<Record<string, HostTensor>>,
  rate: number,
): Promise<StepOutcome> {
  const { gradientNorm, loss, outputs } = await program.step({ image, target, ...branches }, rate);
  const images = labels.length;
  return { images, means: { loss, top1: score(outputs.logits, labels).top1 / images }, gradientNorm };
}

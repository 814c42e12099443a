import { type ClassificationDataset, classificationFingerprint, Loader } from '../datasets/index.ts';
import type { Engine } from '../engine/index.ts';
import type { ResnetCocoError } from '../errors.ts';
import { Journal } from '../training/journal.ts';
import { frozenWeights, learningRates, trainingOptions } from '../training/optimisation.ts';
import type { RunProgress } from '../training/run-checkpoint.ts';
import type { RunConfig, RunSetting } from '../training/run-config.ts';
import { dataChanges, type RunData } from '../training/run-data.ts';
import { CHECKPOINT_MINUTES, concludeRun, newProgress, shapedWeights } from '../training/run-ends.ts';
import { beginRun, lockRun, type RunFiles, resumeRun, runFiles } from '../training/run-folder.ts';
import { TrainingLoop } from '../training/training-loop.ts';
import { classificationLoss } from './classification-loss.ts';
import { planClassifier } from './classifier.ts';
import type { ClassifierConfig } from './classifier-config.ts';
import { classifierShapes, parameterCount, residualNorms } from './resnet-plan.ts';
import { classifierLoop, type TrainingEvents } from './training/classifier-run.ts';
import { checkFreeze, modelConfig } from './training/model-config.ts';
import { checkTrainingSettings, type TrainingSettings } from './training/settings.ts';
import { startWeights } from './training/start-weights.ts';
import { labelsIn, type Validation, validate } from './training/validation.ts';

export interface TrainClassifierOptions extends TrainingEvents {
  readonly engine: Engine;
  /** What to learn from; the last images of a shuffled epoch that make no whole batch are left out of it. */
  readonly dataset: ClassificationDataset;
  /** What to evaluate on, with classes of the same names. */
  readonly validation: ClassificationDataset;
  /** Such as `trainingSettings('cifar10', { epochs: 40 })`. */
  readonly settings: TrainingSettings;
  /** Where checkpoints, the log and the model go. */
  readonly folder: string;
  /** Go on with the run in the folder. */
  readonly resume?: boolean;
  /** A known model or a model file to begin from, such as `resnet50`. */
  readonly init?: string;
  /** Threads that make batches; what comes out does not depend on their number. */
  readonly workers?: number;
  /** A folder for decoded pictures. */
  readonly cache?: string;
  /** From one checkpoint to the next within an epoch; 5 by default. One is written after each epoch in any case. */
  readonly checkpointMinutes?: number;
  /** How the run was called, to be kept with it. */
  readonly command?: RunSetting;
  /** Once aborted, the step under way is finished, everything is saved, and the call returns. */
  readonly signal?: AbortSignal;
  /** Told what a person should know. */
  readonly onNote?: (text: string) => void;
  /** Told of each image that cannot be read; others take its place. */
  readonly onProblem?: (error: ResnetCocoError) => void;
}

/** What came of a run. */
export interface TrainingSummary {
  readonly architecture: string;
  readonly interrupted: boolean;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  /** The best evaluation; absent before there is one. */
  readonly best?: Validation & { readonly epoch: number };
  readonly files: RunFiles;
}

/** What may differ when a run is resumed. */
const MAY_CHANGE = ['command', 'data', 'device', 'evaluate_every'];

/**
 * Trains an image classifier. In the folder are then `model.safetensors`, the best weights; `best.safetensors` and
 * `last.safetensors`, checkpoints, which load as models too; `log.jsonl`; and event files for TensorBoard.
 *
 * A run that was interrupted or killed goes on with `resume` from its last checkpoint, in the middle of an epoch too. On
 * the same machine, with the same number of threads of the engine, it comes by the same weights to the last bit.
 *
 * @throws ResnetCocoError DIVERGED where the loss is no finite number any more; USAGE where the folder holds a run
 *   already, or another process trains there; FILE_NOT_FOUND, BAD_CHECKPOINT or BAD_CONFIG where one cannot be resumed; BAD_CONFIG, BAD_DATASET, BAD_MODEL;
 *   FILE_NOT_WRITABLE
 */
export async function trainClassifier(options: TrainClassifierOptions): Promise<TrainingSummary> {
  const { dataset, engine, folder, init, onNote, resume = false } = options;
  const settings = checkTrainingSettings(options.settings);
  const model = modelConfig(settings, dataset);
  const plan = planClassifier(model);
  const shapes = classifierShapes(plan);
  checkFreeze(settings, plan);
  const { batch, recipe } = settings;
  const labels = labelsIn(options.validation, dataset.classes);
  const closers: (() => Promise<void> | void)[] = [];
  const closing = <T>(part: T, close: (part: T) => Promise<void> | void): T => {
    closers.push(() => close(part));
    return part;
  };
  try {
    const loader = closing(trainingLoader(options, settings), (part) => part.close());
    const evaluation = closing(evaluationLoader(options, settings, model), (part) => part.close());
    const config = await runConfig(options, settings);
    closing(await lockRun(folder, resume), (release) => release());
    const checkpoint = resume ? await resumeRun(folder, config, MAY_CHANGE) : undefined;
    if (!checkpoint) await beginRun(folder);
    for (const change of checkpoint ? dataChanges(checkpoint.config, config) : []) onNote?.(change);
    const fresh = { seed: settings.seed, zeroGamma: settings.zero_gamma ? residualNorms(plan) : [] };
    const start = await startWeights(shapes, fresh, resume ? undefined : init);
    if (start.note) onNote?.(start.note);
    const size = { batch, height: recipe.size, width: recipe.size };
    const loss = classificationLoss(plan, start.weights, size, frozenWeights(settings.freeze));
    const from = checkpoint ? { from: checkpoint.state } : {};
    const program = await engine.train(loss, { ...trainingOptions(settings, shapes), ...from });
    closing(program, () => program.dispose());
    const journal = closing(Journal.open(folder, checkpoint?.progress.step), (part) => part.close());
    if (!checkpoint) journal.describe(config);
    onNote?.(
      `${model.architecture}, ${parameterCount(shapes).toLocaleString('en')} parameters, on ${engine.device}: ` +
        `${loader.batches} steps of ${batch} images an epoch, evaluated on ${options.validation.length} images`,
    );
    const { checkpointMinutes = CHECKPOINT_MINUTES, onEvaluated, signal } = options;
    const run = new TrainingLoop(
      {
        ...classifierLoop(program, loader, options, signal),
        settings,
        folder,
        config,
        model: { config: { ...model }, shapes },
        rates: learningRates(settings, loader.batches),
        journal,
        validate: (arrays) =>
          validate(engine, model, shapedWeights(arrays, shapes), evaluation, labels, {
            signal,
            onImages: (images) => onEvaluated?.(images, options.validation.length),
          }),
        checkpointMinutes,
        signal,
      },
      checkpoint?.progress ?? newProgress(settings.seed),
    );
    await run.run();
    return await summarize(settings, folder, run.now);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

const loaderOptions = ({ workers, cache, onProblem }: TrainClassifierOptions) => ({
  ...(workers === undefined ? {} : { workers }),
  ...(cache === undefined ? {} : { cache }),
  ...(onProblem ? { onProblem } : {}),
});

function trainingLoader(options: TrainClassifierOptions, { batch, recipe, seed }: TrainingSettings): Loader {
  return new Loader(options.dataset, { ...loaderOptions(options), batch, recipe, seed, dropLast: true });
}

function evaluationLoader(
  options: TrainClassifierOptions,
  { batch }: TrainingSettings,
  { crop_size, image_mean, image_std, resize_size }: ClassifierConfig,
): Loader {
  const recipe = { kind: 'classification', crop_size, image_mean, image_std, resize_size } as const;
  return new Loader(options.validation, { ...loaderOptions(options), batch, recipe });
}

async function runConfig(
  { cache, command, dataset, engine, init, validation }: TrainClassifierOptions,
  settings: TrainingSettings,
): Promise<RunConfig> {
  const described = ({ name, classes, length }: ClassificationDataset) => ({
    name,
    classes: classes.length,
    images: length,
  });
  const config = {
    ...settings,
    dataset: described(dataset),
    evaluated_on: described(validation),
    init,
    // Pictures are shrunk for it, so that others come out.
    cache: cache !== undefined,
    device: engine.device,
    data: {
      trained: await classificationFingerprint(dataset),
      evaluated: await classificationFingerprint(validation),
    } satisfies RunData,
    command,
  };
  return JSON.parse(JSON.stringify(config));
}

/** Writes the model of a run that is done, and says what came of it. */
async function summarize(
  { architecture, epochs }: TrainingSettings,
  folder: string,
  { epoch, seconds, step }: RunProgress,
): Promise<TrainingSummary> {
  const interrupted = epoch < epochs;
  const summary = { architecture, interrupted, epochs: epoch, steps: step, seconds, files: runFiles(folder) };
  const best = await concludeRun<Validation>(folder, !interrupted);
  return best ? { ...summary, best } : summary;
}

import { join } from 'node:path';
import { DetectionLoader, detectionFingerprint } from '../datasets/index.ts';
import type { Engine } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import type { DetectionMeasures } from '../eval/index.ts';
import {
  beginRun,
  CHECKPOINT_MINUTES,
  concludeRun,
  dataChanges,
  Journal,
  learningRates,
  lockRun,
  newProgress,
  type RunConfig,
  type RunData,
  type RunFiles,
  type RunProgress,
  type RunSetting,
  resumeRun,
  runFiles,
  shapedWeights,
  TrainingLoop,
  trainingOptions,
} from '../training/index.ts';
import { detectorParameterCount, fasterRcnnShapes } from './model/faster-rcnn-plan.ts';
import { type DetectorEvents, detectorLoop } from './training/detector-loop.ts';
import { DetectorTraining } from './training/detector-training.ts';
import { DetectorEvaluation } from './training/evaluation.ts';
import { labelsOf } from './training/labels.ts';
import { checkDetectorRunSettings, type DetectorRunSettings } from './training/run-settings.ts';
import { type AnnotatedImages, trainingSamples } from './training/samples.ts';
import { detectorStartWeights } from './training/start.ts';

export interface TrainDetectorOptions extends DetectorEvents {
  readonly engine: Engine;
  /** What to learn from, such as `readDetectionDataset` gives. */
  readonly images: AnnotatedImages;
  /** What to evaluate on, with categories of the same names; without it there is no best epoch, but the last. */
  readonly validation?: AnnotatedImages;
  /** Such as `detectorSettings(images, { epochs: 12 }, await detectorStart('resnet50'))`. */
  readonly settings: DetectorRunSettings;
  /** Where checkpoints, the log, sample pictures and the model go. */
  readonly folder: string;
  /** Go on with the run in the folder. */
  readonly resume?: boolean;
  /** A known model or a model file to begin from: a detector, or an image classifier for the backbone. */
  readonly init?: string;
  /** Threads that make batches; what comes out does not depend on their number. */
  readonly workers?: number;
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
export interface DetectorSummary {
  readonly backbone: string;
  readonly interrupted: boolean;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  /** The best evaluation; absent before there is one. */
  readonly best?: DetectionMeasures & { readonly epoch: number };
  readonly files: RunFiles;
}

/** What may differ when a run is resumed. */
const MAY_CHANGE = ['command', 'data', 'device', 'evaluate_every'];

/** Where a run draws what it detects at each evaluation. */
export const samplesFolder = (folder: string): string => join(folder, 'samples');

/**
 * Trains an object detector. In the folder are then `model.safetensors`, the best weights (without evaluation the last);
 * `best.safetensors` and `last.safetensors`, checkpoints, which load as models too; `log.jsonl`; event files for
 * TensorBoard; and in `samples/` what was detected in some images at each evaluation.
 *
 * A run that was interrupted or killed goes on with `resume` from its last checkpoint, in the middle of an epoch too. On
 * the same machine, with the same number of threads of the engine, it comes by the same weights to the last bit.
 *
 * @throws ResnetCocoError DIVERGED where a loss is no finite number any more; USAGE where the folder holds a run already,
 *   or another process trains there; FILE_NOT_FOUND, BAD_CHECKPOINT or BAD_CONFIG where one cannot be resumed; BAD_CONFIG, BAD_DATASET, BAD_MODEL;
 *   FILE_NOT_WRITABLE
 */
export async function trainDetector(options: TrainDetectorOptions): Promise<DetectorSummary> {
  const { engine, folder, images, init, onEvaluated, onNote, onProblem, resume = false, signal, validation } = options;
  const settings = checkDetectorRunSettings(options.settings);
  const { accumulate, batch, model, recipe, seed, training: chosen } = settings;
  checkCategories(images, settings);
  const samples = trainingSamples(images, model);
  const shapes = fasterRcnnShapes(model);
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
  const closers: (() => Promise<void> | void)[] = [];
  const closing = <T>(part: T, close: (part: T) => Promise<void> | void): T => {
    closers.push(() => close(part));
    return part;
  };
  try {
    const loader = new DetectionLoader(samples, {
      recipe,
      batch,
      seed,
      aspect_ratio_group_factor: settings.aspect_ratio_group_factor,
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      ...(onProblem ? { onProblem } : {}),
    });
    closing(loader, (part) => part.close());
    checkSteps(loader.batches, accumulate);
    const config = await runConfig(options, settings, samples.length);
    closing(await lockRun(folder, resume), (release) => release());
    const checkpoint = resume ? await resumeRun(folder, config, MAY_CHANGE) : undefined;
    if (!checkpoint) await beginRun(folder);
    for (const change of checkpoint ? dataChanges(checkpoint.config, config) : []) onNote?.(change);
    const start = await detectorStartWeights(model, seed, resume ? undefined : init);
    if (start.note) onNote?.(start.note);
    const from = checkpoint ? { from: checkpoint.state } : {};
    const training = await DetectorTraining.create(engine, model, start.weights, chosen, {
      ...trainingOptions(settings, shapes),
      ...from,
    });
    closing(training, (part) => part.dispose());
    const journal = closing(Journal.open(folder, checkpoint?.progress.step), (part) => part.close());
    if (!checkpoint) journal.describe(config);
    const parts = detectorLoop(training, loader, settings, options, signal);
    onNote?.(describe(settings, engine, parts.steps, images.dataset.images.length - samples.length, evaluation?.count));
    const run = new TrainingLoop(
      {
        ...parts,
        settings,
        folder,
        config,
        model: { config: { ...model }, shapes },
        rates: learningRates(settings, parts.steps),
        journal,
        validate: evaluation && ((arrays, { epoch }) => evaluation.run(shapedWeights(arrays, shapes), epoch)),
        checkpointMinutes: options.checkpointMinutes ?? CHECKPOINT_MINUTES,
        signal,
      },
      checkpoint?.progress ?? newProgress(seed),
    );
    await run.run();
    return await summarize(settings, folder, run.now);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** @throws ResnetCocoError BAD_CONFIG for settings that were made for other categories */
function checkCategories({ dataset }: AnnotatedImages, { model }: DetectorRunSettings): void {
  const { categories } = labelsOf(dataset.categories);
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
  throw new ResnetCocoError('BAD_DATASET', `${problem}; accumulate fewer, or take smaller batches`);
}

function describe(
  { accumulate, batch, model }: DetectorRunSettings,
  engine: Engine,
  steps: number,
  leftOut: number,
  evaluated: number | undefined,
): string {
  const parameters = detectorParameterCount(model).toLocaleString('en');
  const size = accumulate > 1 ? `${accumulate} × ${batch}` : String(batch);
  const left = leftOut ? `, ${leftOut} without usable boxes left out` : '';
  return (
    `Faster R-CNN with ${model.backbone}, ${parameters} parameters, on ${engine.device}: ` +
    `${steps} steps of ${size} images an epoch${left}, ${evaluated === undefined ? 'not evaluated' : `evaluated on ${evaluated} images`}`
  );
}

async function runConfig(
  { command, engine, images, init, validation }: TrainDetectorOptions,
  settings: DetectorRunSettings,
  usable: number,
): Promise<RunConfig> {
  const described = ({ dataset }: AnnotatedImages) => ({
    images: dataset.images.length,
    annotations: dataset.annotations.length,
  });
  const config = {
    ...settings,
    dataset: { ...described(images), usable },
    evaluated_on: validation && described(validation),
    init,
    device: engine.device,
    data: {
      trained: await detectionFingerprint(images.dataset, images.files),
      evaluated: validation && (await detectionFingerprint(validation.dataset, validation.files)),
    } satisfies RunData,
    command,
  };
  return JSON.parse(JSON.stringify(config));
}

async function summarize(
  { epochs, model }: DetectorRunSettings,
  folder: string,
  { epoch, seconds, step }: RunProgress,
): Promise<DetectorSummary> {
  const interrupted = epoch < epochs;
  const summary = {
    backbone: model.backbone,
    interrupted,
    epochs: epoch,
    steps: step,
    seconds,
    files: runFiles(folder),
  };
  const best = await concludeRun<DetectionMeasures>(folder, !interrupted);
  return best ? { ...summary, best } : summary;
}

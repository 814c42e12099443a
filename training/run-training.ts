import { existsSync } from 'node:fs';
import { writeModel } from '../checkpoints/write-model.ts';
import { ResnetCocoError } from '../errors.ts';
import { Journal } from './journal.ts';
import { learningRates, trainingOptions } from './optimization.ts';
import { type RunProgress, readRunCheckpoint } from './run-checkpoint.ts';
import type { RunConfig } from './run-config.ts';
import { dataChanges } from './run-data.ts';
import { beginRun, lockRun, resumeRun, runFiles } from './run-folder.ts';
import { TrainingLoop } from './training-loop.ts';
import {
  type EarlyEnd,
  type Numbers,
  type PlainPaths,
  type RunSummary,
  shapedWeights,
  type TrainingTask,
} from './training-task.ts';

/** The default time between checkpoints within an epoch. */
const CHECKPOINT_MINUTES = 5;

/** Settings that may differ when a run is resumed. */
const MAY_CHANGE = ['command', 'data', 'device', 'evaluate_every'];

/**
 * Runs a training from the lock of its folder to the resulting model: starts or resumes the run, keeps its journal and
 * its checkpoints, the best and the last, and evaluates when that is due. The task says what is trained. It is closed
 * in any case.
 *
 * `resume` continues an interrupted or killed run from its last checkpoint, even within an epoch. On the same machine,
 * with the same number of engine threads, it gives the same weights to the last bit.
 *
 * With `patience` or `seconds` the run may end early, as if it had been as long: its model has the best weights so far.
 *
 * @throws ResnetCocoError DIVERGED when a loss is not finite; USAGE when the folder already holds a run or another
 *   process trains there; FILE_NOT_FOUND, BAD_CHECKPOINT or BAD_CONFIG when the run cannot be resumed; BAD_MODEL;
 *   FILE_NOT_WRITABLE
 */
export async function runTraining<B, V extends Numbers>(
  options: PlainPaths,
  task: TrainingTask<B, V>,
): Promise<RunSummary<V>> {
  const { checkpointMinutes = CHECKPOINT_MINUTES, folder, init, onNote, resume = false, signal } = options;
  const { patience, seconds } = options;
  const { model, settings } = task;
  checkLimits(options, task.validate !== undefined);
  const closers: (() => Promise<void> | void)[] = [task.close];
  const closing = <T>(part: T, close: (part: T) => Promise<void> | void): T => {
    closers.push(() => close(part));
    return part;
  };
  try {
    const config = await runConfig(options, task);
    closing(await lockRun(folder, resume), (release) => release());
    const checkpoint = resume ? await resumeRun(folder, config, MAY_CHANGE) : undefined;
    if (!checkpoint) await beginRun(folder);
    for (const change of checkpoint ? dataChanges(checkpoint.config, config) : []) onNote?.(change);
    const start = await task.startWeights(resume ? undefined : init);
    if (start.note) onNote?.(start.note);
    const trainer = await task.createTrainer(start.weights, {
      ...trainingOptions(settings, model.shapes),
      ...(checkpoint ? { from: checkpoint.state } : {}),
    });
    closing(trainer, (part) => part.dispose());
    const journal = closing(Journal.open(folder, checkpoint?.progress.step), (part) => part.close());
    if (!checkpoint) journal.describe(config);
    onNote?.(task.description);
    const rates = learningRates(settings, task.steps);
    const limits = { patience, seconds };
    const parts = { task, trainer, folder, config, rates, journal, checkpointMinutes, limits, signal };
    const loop = new TrainingLoop(parts, checkpoint?.progress ?? newProgress(settings.seed));
    await loop.run();
    return await conclude<V>(folder, settings.epochs, loop.now, loop.ended);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** @throws ResnetCocoError USAGE when the run could not end by them */
function checkLimits({ patience, seconds }: PlainPaths, isEvaluated: boolean): void {
  if (patience !== undefined && !(Number.isInteger(patience) && patience > 0)) {
    throw new ResnetCocoError('USAGE', `\`patience\` must be a whole number of epochs above 0, is ${patience}`);
  }
  if (patience !== undefined && !isEvaluated) {
    throw new ResnetCocoError(
      'USAGE',
      '`patience` waits for a better evaluation, but nothing is evaluated; name images for that',
    );
  }
  if (seconds === undefined || seconds > 0) return;
  throw new ResnetCocoError('USAGE', `\`seconds\` must be a number above 0, is ${seconds}`);
}

const newProgress = (seed: number): RunProgress => ({
  step: 0,
  epoch: 0,
  batch: 0,
  seed,
  seconds: 0,
  best: null,
  sums: {},
});

/** Everything that a resumed run is compared with, as in JSON. */
async function runConfig<B, V extends Numbers>(
  { command, engine, init }: PlainPaths,
  { data, settings }: TrainingTask<B, V>,
): Promise<RunConfig> {
  const { dataset, evaluated_on, fingerprints, options } = data;
  const config = {
    ...{ ...settings, dataset, evaluated_on, init, ...options },
    ...{ device: engine.device, data: await fingerprints(), command },
  };
  return JSON.parse(JSON.stringify(config));
}

/** Writes the model of a finished run: its best weights, or the last ones if nothing was evaluated. */
async function conclude<V extends Numbers>(
  folder: string,
  epochs: number,
  { epoch, seconds, step }: RunProgress,
  ended: EarlyEnd | undefined,
): Promise<RunSummary<V>> {
  const files = runFiles(folder);
  const isDone = epoch >= epochs || ended !== undefined;
  const early = ended && epoch < epochs ? { ended } : {};
  const summary = { interrupted: !isDone, ...early, epochs: epoch, steps: step, seconds, files };
  const hasBest = existsSync(files.best);
  if (!hasBest && !isDone) return summary;
  const { model, progress, state } = await readRunCheckpoint(hasBest ? files.best : files.last);
  const weights = shapedWeights(state.average ?? state.weights, model.shapes);
  if (isDone) await writeModel(files.model, model.config, weights);
  if (!hasBest) return summary;
  const { evaluation } = model.config.provenance as { readonly evaluation: V };
  return { ...summary, best: { ...evaluation, epoch: progress.epoch } };
}

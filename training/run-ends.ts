/** How runs begin and what they leave. */
import { existsSync } from 'node:fs';
import { writeModel } from '../checkpoints/write-model.ts';
import type { NamedArrays, Weights } from '../engine/index.ts';
import { type RunCheckpoint, type RunProgress, readRunCheckpoint } from './run-checkpoint.ts';
import { runFiles } from './run-folder.ts';

/** From one checkpoint to the next within an epoch, unless something else is wanted. */
export const CHECKPOINT_MINUTES = 5;

export const newProgress = (seed: number): RunProgress => ({
  step: 0,
  epoch: 0,
  batch: 0,
  seed,
  seconds: 0,
  best: null,
  sums: {},
});

export const shapedWeights = (arrays: NamedArrays, shapes: RunCheckpoint['model']['shapes']): Weights =>
  Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: shapes[name], data }]));

/**
 * Writes the model of a run that is done: its best weights, or its last where nothing was evaluated.
 *
 * @returns the best evaluation, if there is one, and the epochs done by then
 */
export async function concludeRun<V extends object>(
  folder: string,
  isDone: boolean,
): Promise<(V & { readonly epoch: number }) | undefined> {
  const { best, last, model: file } = runFiles(folder);
  const hasBest = existsSync(best);
  if (!hasBest && !isDone) return undefined;
  const { model, progress, state } = await readRunCheckpoint(hasBest ? best : last);
  if (isDone) await writeModel(file, model.config, shapedWeights(state.average ?? state.weights, model.shapes));
  if (!hasBest) return undefined;
  const { evaluation } = model.config.provenance as { readonly evaluation: V };
  return { ...evaluation, epoch: progress.epoch };
}

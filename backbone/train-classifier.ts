import { checkOptions } from '../io/options.ts';
import { type RunSummary, runTraining, withPlainPaths } from '../training/index.ts';
import { classifierTask, type TrainClassifierOptions, trainClassifierKinds } from './training/classifier-task.ts';
import { checkTrainingSettings } from './training/settings.ts';
import type { Validation } from './training/validation.ts';

/** The result of a run. */
export interface TrainingSummary extends RunSummary<Validation> {
  readonly architecture: string;
}

/**
 * Trains an image classifier. Writes to the folder: `model.safetensors` with the best weights, the checkpoints
 * `best.safetensors` and `last.safetensors`, which also load as models, `log.jsonl`, and event files for TensorBoard.
 *
 * `resume` continues an interrupted or killed run from its last checkpoint, even within an epoch. On the same machine,
 * with the same number of engine threads, it gives the same weights to the last bit.
 *
 * @throws ResnetCocoError DIVERGED where the loss is no finite number any more; USAGE where an option is unknown,
 *   missing or of another kind, the folder holds a run already, or another process trains there; FILE_NOT_FOUND,
 *   BAD_CHECKPOINT or BAD_CONFIG where one cannot be resumed; BAD_CONFIG, BAD_DATASET, BAD_MODEL; FILE_NOT_WRITABLE
 */
export async function trainClassifier(options: TrainClassifierOptions): Promise<TrainingSummary> {
  const needed = ['engine', 'folder', 'dataset', 'validation', 'settings'] as const;
  checkOptions('trainClassifier', options, trainClassifierKinds, needed);
  const settings = checkTrainingSettings(options.settings);
  const plain = withPlainPaths('trainClassifier', options);
  const summary = await runTraining(plain, classifierTask(plain, settings));
  return { architecture: settings.architecture, ...summary };
}

import type { DetectionMeasures } from '../eval/index.ts';
import { checkOptions } from '../io/options.ts';
import { type RunSummary, runTraining, withPlainPaths } from '../training/index.ts';
import { detectorTask, type TrainDetectorOptions, trainDetectorKinds } from './training/detector-task.ts';
import { checkDetectorRunSettings } from './training/run-settings.ts';

/** What came of a run. */
export interface DetectorSummary extends RunSummary<DetectionMeasures> {
  readonly backbone: string;
}

/**
 * Trains an object detector. In the folder are then `model.safetensors`, the best weights (without evaluation the last);
 * `best.safetensors` and `last.safetensors`, checkpoints, which load as models too; `log.jsonl`; event files for
 * TensorBoard; and in `samples/` what was detected in some images at each evaluation.
 *
 * A run that was interrupted or killed goes on with `resume` from its last checkpoint, in the middle of an epoch too. On
 * the same machine, with the same number of threads of the engine, it gives the same weights to the last bit.
 *
 * @throws ResnetCocoError DIVERGED where a loss is no finite number any more; USAGE where an option is
 *   unknown, missing or of another kind, the folder holds a run already, or another process trains there; FILE_NOT_FOUND, BAD_CHECKPOINT or BAD_CONFIG where one cannot be resumed; BAD_CONFIG, BAD_DATASET, BAD_MODEL;
 *   FILE_NOT_WRITABLE
 */
export async function trainDetector(options: TrainDetectorOptions): Promise<DetectorSummary> {
  checkOptions('trainDetector', options, trainDetectorKinds, ['engine', 'folder', 'images', 'settings']);
  const settings = checkDetectorRunSettings(options.settings);
  const plain = withPlainPaths('trainDetector', options);
  const summary = await runTraining(plain, detectorTask(plain, settings));
  return { backbone: settings.model.backbone, ...summary };
}

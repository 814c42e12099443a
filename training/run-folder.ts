import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { lockFolder } from '../io/folder-lock.ts';
import { removeUnfinished } from '../io/whole-file.ts';
import { type RunCheckpoint, readRunCheckpoint, readRunConfig, writeRunCheckpoint } from './run-checkpoint.ts';
import { checkSameRun, checkTrained, type RunConfig, type Trained } from './run-config.ts';

/** The files of a run. TensorBoard's event files are in the folder itself. */
export interface RunFiles {
  /** The newest checkpoint. */
  readonly last: string;
  /** The checkpoint of the best evaluation. */
  readonly best: string;
  /** The result: the best weights, without what only training needs. */
  readonly model: string;
  readonly log: string;
}

export const runFiles = (folder: string): RunFiles => ({
  last: join(folder, 'last.safetensors'),
  best: join(folder, 'best.safetensors'),
  model: join(folder, 'model.safetensors'),
  log: join(folder, 'log.jsonl'),
});

/**
 * Locks the folder of a run for this process, and creates it if it is missing. Call this before `beginRun` and
 * `resumeRun`, which remove what an earlier process left.
 *
 * @returns a function that unlocks the folder
 * @throws ResnetCocoError FILE_NOT_WRITABLE; FILE_NOT_FOUND when there is no run to resume; USAGE when another process
 *   trains there, or when the folder of a new run already holds one
 */
export async function lockRun(folder: string, resume: boolean): Promise<() => Promise<void>> {
  // Checked first, so that a refused call creates nothing.
  if (resume) lastCheckpoint(folder);
  else checkNoRun(folder);
  return await lockFolder(folder);
}

function checkNoRun(folder: string): void {
  if (!existsSync(runFiles(folder).last)) return;
  throw new ResnetCocoError('USAGE', `${folder}: already holds a run; resume it, or start in another folder`);
}

/**
 * Starts a new run in a locked folder.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE; USAGE when the folder already holds a run
 */
export async function beginRun(folder: string): Promise<void> {
  checkNoRun(folder);
  await removeUnfinished(folder);
}

/**
 * The path of a run's newest checkpoint.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no run
 */
function lastCheckpoint(folder: string): string {
  const { last, best } = runFiles(folder);
  if (existsSync(last)) return last;
  const remedy = existsSync(best) ? `; to resume from the best evaluation, copy ${best} to ${last}` : '';
  throw new ResnetCocoError(
    'FILE_NOT_FOUND',
    `${folder}: no run to resume: there is no last.safetensors in it${remedy}`,
  );
}

/**
 * Reads the configuration that the run in a folder was started with.
 *
 * @param trained what is to be trained further
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no run; BAD_CHECKPOINT that says how to continue; USAGE where
 *   the run trains something else
 */
export async function storedConfig(folder: string, trained?: Trained): Promise<RunConfig> {
  const config = await readLast(folder, readRunConfig);
  if (trained !== undefined) checkTrained(config, trained, folder);
  return config;
}

/** Reads the newest checkpoint. If it is damaged, the error says what else the run can resume from. */
async function readLast<T>(folder: string, read: (file: string) => Promise<T>): Promise<T> {
  const last = lastCheckpoint(folder);
  try {
    return await read(last);
  } catch (error) {
    if (!(error instanceof ResnetCocoError) || error.code !== 'BAD_CHECKPOINT') throw error;
    const { best } = runFiles(folder);
    const remedy = await readRunCheckpoint(best).then(
      ({ progress }) =>
        `to resume from the best evaluation, of step ${progress.step}, copy ${best} over it, then resume`,
      () => 'start a new run in another folder',
    );
    throw new ResnetCocoError(error.code, `${error.message}; ${remedy}`, { cause: error });
  }
}

/**
 * Reads the state in which a run stopped.
 *
 * @param config the configuration to resume it with
 * @param mayChange fields of it that may differ from the stored configuration
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no run; BAD_CHECKPOINT; BAD_CONFIG that names what differs
 */
export async function resumeRun(
  folder: string,
  config: RunConfig,
  mayChange: readonly string[] = [],
): Promise<RunCheckpoint> {
  const last = lastCheckpoint(folder);
  await removeUnfinished(folder);
  const checkpoint = await readLast(folder, readRunCheckpoint);
  checkSameRun(checkpoint.config, config, mayChange, last);
  return checkpoint;
}

/**
 * Writes `last`. If this is the best evaluation so far, writes `best` first: a run that is killed between the two
 * resumes from the older `last` and reaches the same `best` again. Log the values of this step before.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function saveRun(folder: string, checkpoint: RunCheckpoint): Promise<void> {
  const { last, best } = runFiles(folder);
  if (checkpoint.progress.best?.step === checkpoint.progress.step) await writeRunCheckpoint(best, checkpoint);
  await writeRunCheckpoint(last, checkpoint);
}

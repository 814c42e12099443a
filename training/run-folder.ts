import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { lockFolder } from '../io/folder-lock.ts';
import { removeUnfinished } from '../io/whole-file.ts';
import { type RunCheckpoint, readRunCheckpoint, readRunConfig, writeRunCheckpoint } from './run-checkpoint.ts';
import { checkSameRun, checkTrained, type RunConfig, type Trained } from './run-config.ts';

/** Where a run keeps what. TensorBoard's event files are in the folder itself. */
export interface RunFiles {
  /** The newest checkpoint. */
  readonly last: string;
  /** The checkpoint of the best evaluation. */
  readonly best: string;
  /** What came out: the best weights, without what only training needs. */
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
 * Takes the folder of a run, which is made where it is missing, for this process. Call it before `beginRun` and
 * `resumeRun`, which remove what an earlier process left.
 *
 * @returns gives it back
 * @throws ResnetCocoError FILE_NOT_WRITABLE; FILE_NOT_FOUND where a run is to be resumed and there is none; USAGE where
 *   another process trains there, or a new run is to be begun where there is one
 */
export async function lockRun(folder: string, resume: boolean): Promise<() => Promise<void>> {
  // First, so that nothing is made for a call that is refused.
  if (resume) lastCheckpoint(folder);
  else checkNoRun(folder);
  return await lockFolder(folder);
}

function checkNoRun(folder: string): void {
  if (!existsSync(runFiles(folder).last)) return;
  throw new ResnetCocoError('USAGE', `${folder}: holds a run already; resume it, or begin in another folder`);
}

/**
 * Makes a folder, which is locked, that of a new run.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE, or USAGE where there is a run in it already
 */
export async function beginRun(folder: string): Promise<void> {
  checkNoRun(folder);
  await removeUnfinished(folder);
}

/**
 * The newest checkpoint of a run.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND where there is no run
 */
function lastCheckpoint(folder: string): string {
  const { last, best } = runFiles(folder);
  if (existsSync(last)) return last;
  const remedy = existsSync(best) ? `; to go on from the best evaluation, copy ${best} to ${last}` : '';
  throw new ResnetCocoError(
    'FILE_NOT_FOUND',
    `${folder}: no run to resume: there is no last.safetensors in it${remedy}`,
  );
}

/**
 * What the run in a folder was begun with.
 *
 * @param trained what is to be trained further
 * @throws ResnetCocoError FILE_NOT_FOUND where there is no run; BAD_CHECKPOINT, saying how to go on; USAGE where the run
 *   trains something else
 */
export async function storedConfig(folder: string, trained?: Trained): Promise<RunConfig> {
  const config = await readLast(folder, readRunConfig);
  if (trained !== undefined) checkTrained(config, trained, folder);
  return config;
}

/** Reads the newest checkpoint; where it is damaged, the error says what else there is to go on from. */
async function readLast<T>(folder: string, read: (file: string) => Promise<T>): Promise<T> {
  const last = lastCheckpoint(folder);
  try {
    return await read(last);
  } catch (error) {
    if (!(error instanceof ResnetCocoError) || error.code !== 'BAD_CHECKPOINT') throw error;
    const { best } = runFiles(folder);
    const remedy = await readRunCheckpoint(best).then(
      ({ progress }) =>
        `to go on from the best evaluation, of step ${progress.step}, copy ${best} over it, then resume`,
      () => 'begin a new run in another folder',
    );
    throw new ResnetCocoError(error.code, `${error.message}; ${remedy}`, { cause: error });
  }
}

/**
 * Where a run stopped.
 *
 * @param config what it is to go on with
 * @param mayChange fields of it that may differ from what the run was begun with
 * @throws ResnetCocoError FILE_NOT_FOUND where there is no run, BAD_CHECKPOINT, BAD_CONFIG naming what differs
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
 * Writes `last`, and first `best` where this is the best so far: a run that is killed between the two goes on from the
 * older `last` and comes by the same `best` again. Log what was measured at this step before.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function saveRun(folder: string, checkpoint: RunCheckpoint): Promise<void> {
  const { last, best } = runFiles(folder);
  if (checkpoint.progress.best?.step === checkpoint.progress.step) await writeRunCheckpoint(best, checkpoint);
  await writeRunCheckpoint(last, checkpoint);
}

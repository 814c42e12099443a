import { ResnetCocoError } from '../../errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { TrainingProgress } from './training-progress.ts';

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Whether a file could not be written because the disk is full, which the user can mend. */
const isOutOfSpace = (error: unknown): error is ResnetCocoError =>
  error instanceof ResnetCocoError &&
  error.code === 'FILE_NOT_WRITABLE' &&
  NO_ROOM.includes((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Callbacks of every training. */
export interface TrainingNews {
  readonly onEvaluated: (images: number, of: number) => void;
  readonly onNote: (text: string) => void;
  readonly onProblem: (problem: ResnetCocoError) => void;
}

/**
 * Runs a training with its progress and problems on the terminal. Writes its page at the end, even if the loss
 * diverged.
 *
 * @returns the result, and how many images could not be read
 */
export async function attendTraining<S>(
  terminal: Terminal,
  progress: TrainingProgress,
  writePage: () => Promise<void>,
  train: (news: TrainingNews) => Promise<S>,
): Promise<{ readonly summary: S; readonly problems: number }> {
  let problems = 0;
  try {
    const summary = await train({
      onEvaluated: (images, of) => progress.evaluated(images, of),
      onNote: (text) => terminal.note(text),
      onProblem: ({ message }) => {
        problems++;
        terminal.report(`resnet-coco: ${message}`);
      },
    });
    await writePage();
    return { summary, problems };
  } catch (error) {
    if (error instanceof ResnetCocoError && error.code === 'DIVERGED') await writePage();
    if (isOutOfSpace(error)) {
      const message = `${error.message}; then --resume continues from the last checkpoint`;
      throw new ResnetCocoError(error.code, message, { cause: error });
    }
    throw error;
  } finally {
    progress.stop();
  }
}

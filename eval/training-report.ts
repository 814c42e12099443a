import { writeWholeFile } from '../datasets/index.ts';
import { type TrainingPageParts, trainingPage } from './report/training-page.ts';

/**
 * Writes how training runs went as one page that needs no server and no network: curves of everything that they logged,
 * their best results and their settings. Written whole, so that it can be read and written again while a run goes on.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeTrainingPage(file: string, parts: TrainingPageParts): Promise<void> {
  await writeWholeFile(file, trainingPage(parts));
}

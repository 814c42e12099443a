import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SAMPLE_BOXES } from '../../detection/index.ts';
import type { SampleEvaluation } from '../../eval/index.ts';
import { readLog, readRunConfig, runFiles, writeTrainingPage } from '../../training/index.ts';
import { reportFiles } from './report-files.ts';

/**
 * Writes the page of a run from its log.
 *
 * @param samples folder of sample images, with a folder for each evaluation
 */
export async function writeRunPage(folder: string, subtitle: string, samples?: string): Promise<void> {
  const { last, log } = runFiles(folder);
  // Fingerprints of the data do not interest a reader.
  const { data, ...settings } = await readRunConfig(last);
  const name = basename(folder);
  const pictures = samples === undefined ? {} : { samples: samplesIn(samples) };
  await writeTrainingPage(reportFiles(folder).page, {
    title: name,
    subtitle,
    runs: [{ name, log: readLog(log), settings }],
    ...pictures,
  });
}

/** Detections in some images by evaluation, the newest first. */
function samplesIn(folder: string): SampleEvaluation[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort((a, b) => (a < b ? 1 : -1))
    .map((name) => join(folder, name, SAMPLE_BOXES))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')));
}

import { join } from 'node:path';
import type { RunFiles, RunSummary } from '../../training/index.ts';
import { counted } from '../terminal/table.ts';

/** Files for people that a command writes, besides those of the library. */
export interface ReportFiles {
  readonly page: string;
  /** The card of the model, if there is one. */
  readonly card: string;
}

export const reportFiles = (folder: string): ReportFiles => ({
  page: join(folder, 'training.html'),
  card: join(folder, 'model.md'),
});

/** The result of a run with all of its files, as a command prints it. */
export const withReport = <S extends { readonly files: RunFiles }>(
  summary: S,
  folder: string,
): S & { readonly files: RunFiles & ReportFiles } => ({
  ...summary,
  files: { ...summary.files, ...reportFiles(folder) },
});

/** Why a run ended before its last epoch, in a line; none if it did not. */
export function earlyEnd(
  { ended, epochs }: Pick<RunSummary<unknown>, 'ended' | 'epochs'>,
  { epochs: planned }: { readonly epochs: number },
): string[] {
  if (!ended) return [];
  const why = ended === 'time' ? 'the time is up (--time)' : 'no evaluation has been better for long (--patience)';
  return [`ended after ${counted(epochs, 'epoch')} of ${planned}: ${why}; the model has the best weights so far`];
}

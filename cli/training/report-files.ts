import { join } from 'node:path';
import type { RunFiles } from '../../training/index.ts';

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

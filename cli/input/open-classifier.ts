import type { Classifier } from '../../backbone/index.ts';
import type { EngineName } from '../../engine/index.ts';
import { withDownloadProgress } from '../terminal/download-progress.ts';
import { defined, streamsFor } from '../terminal/shared-flags.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { offeringBundled } from './bundled-models.ts';

/** What flags say of a model that is loaded. */
export interface ModelFlags {
  readonly arch: string | undefined;
  readonly engine: EngineName | 'auto';
  readonly threads: number | undefined;
}

/** Loads the classifier of a command, fetched with progress. @param images how many it will look at */
export async function openClassifier(
  model: string,
  { arch, engine, threads }: ModelFlags,
  images: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Classifier> {
  const { loadClassifier } = await import('../../index.ts');
  const streams = streamsFor(images, threads);
  return await offeringBundled('classification', () =>
    withDownloadProgress(terminal, (onProgress, onNote) =>
      loadClassifier(model, { ...defined({ engine, threads, arch }), streams, onProgress, onNote, signal }),
    ),
  );
}

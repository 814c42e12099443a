import type { Detector } from '../../detection/index.ts';
import { withDownloadProgress } from '../terminal/download-progress.ts';
import { defined, streamsFor } from '../terminal/shared-flags.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { offeringBundled } from './bundled-models.ts';
import type { ModelFlags } from './open-classifier.ts';

/** Loads the detector of a command, fetched with progress. @param images how many it will look at */
export async function openDetector(
  model: string,
  { arch, engine, threads }: ModelFlags,
  images: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Detector> {
  const { loadDetector } = await import('../../index.ts');
  const streams = streamsFor(images, threads);
  return await offeringBundled('detection', () =>
    withDownloadProgress(terminal, (onProgress, onNote) =>
      loadDetector(model, { ...defined({ engine, threads, arch }), streams, onProgress, onNote, signal }),
    ),
  );
}

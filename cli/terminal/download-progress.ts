import type { DownloadProgress } from '../../io/download/download.ts';
import type { Progress, Terminal } from './terminal.ts';

/** Shows the progress of each file that `task` downloads, and its notes about files. */
export async function withDownloadProgress<T>(
  terminal: Terminal,
  task: (onProgress: (state: DownloadProgress) => void, onNote: (note: string) => void) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  let shown: string | undefined;
  try {
    return await task(
      ({ url, received, total }) => {
        if (url !== shown) {
          progress?.stop();
          terminal.note(`fetching ${url}`);
          progress = terminal.startProgress('bytes', total);
          shown = url;
        }
        progress?.set(received, total);
        if (received === total) progress?.stop();
      },
      (note) => terminal.note(note),
    );
  } finally {
    progress?.stop();
  }
}

import type { Progress, Terminal } from './terminal.ts';

/** What the library says of a download: bytes so far, and of how many where the server tells. */
export interface DownloadState {
  readonly url: string;
  readonly received: number;
  readonly total: number | undefined;
}

/** Shows the progress of each file that `task` downloads; nothing is shown if that is none. */
export async function withDownloadProgress<T>(
  terminal: Terminal,
  task: (onProgress: (state: DownloadState) => void) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  let shown: string | undefined;
  try {
    return await task(({ url, received, total }) => {
      if (url !== shown) {
        progress?.stop();
        terminal.note(`fetching ${url}`);
        progress = terminal.startProgress('bytes', total);
        shown = url;
      }
      progress?.set(received, total);
      if (received === total) progress?.stop();
    });
  } finally {
    progress?.stop();
  }
}

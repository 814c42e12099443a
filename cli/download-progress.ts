import type { Progress, Terminal } from './terminal.ts';

/** What the library says of a download: bytes so far, and of how many where the server tells. */
export interface DownloadState {
  readonly url: string;
  readonly received: number;
  readonly total: number | undefined;
}

/** Shows the progress of whatever `task` downloads; nothing is shown if that is nothing. */
export async function withDownloadProgress<T>(
  terminal: Terminal,
  task: (onProgress: (state: DownloadState) => void) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  try {
    return await task(({ url, received, total }) => {
      if (!progress) {
        terminal.note(`fetching ${url}`);
        progress = terminal.startProgress('bytes', total);
      }
      progress.set(received, total);
    });
  } finally {
    progress?.stop();
  }
}

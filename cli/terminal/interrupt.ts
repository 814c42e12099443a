const signals = ['SIGINT', 'SIGTERM'] as const;

/** What a shell reports for a program that Ctrl-C stopped: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** One Ctrl-C may come twice: from the terminal, and from npm or `timeout`, which pass it on. */
const SAME_MS = 500;

/** By the signal itself, for which a shell says 130, too: an exit would wait for what engines compute in other threads. */
function endAtOnce(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/**
 * The first SIGINT or SIGTERM aborts `controller`, so that the command can finish what is in flight and save; the
 * second ends the process at once. Returns a function that restores the signals' own effect.
 */
export function stopOnSignal(controller: AbortController, onFirst: () => void): () => void {
  let first = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_MS) endAtOnce();
      return;
    }
    first = performance.now();
    controller.abort();
    onFirst();
  };
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

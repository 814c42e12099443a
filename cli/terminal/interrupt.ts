const signals = ['SIGINT', 'SIGTERM'] as const;

/** The exit code of a program that Ctrl-C stopped: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** One Ctrl-C may arrive twice: from the terminal, and from npm or `timeout`, which pass it on. */
const SAME_MS = 500;

/** Ends by the signal itself, which also gives exit code 130: `exit` would wait for the engines' other threads. */
function endAtOnce(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

/**
 * The first SIGINT or SIGTERM aborts `controller`, so that the command can finish its work in flight and save. The
 * second ends the process at once. Returns a function that restores the signals' default effect.
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

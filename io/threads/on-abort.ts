interface Watch {
  readonly actions: Set<() => void>;
  readonly listener: () => void;
}

/** What each signal is watched for. */
const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls `action` when the signal is aborted. All actions of a signal share one listener, since Node warns of a leak when
 * a signal has more than ten, and hundreds of images may wait for one signal.
 *
 * @returns stops watching
 */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (!signal) return () => {};
  const { actions, listener } = watches.get(signal) ?? watch(signal);
  // Of its own, so that one action may be given twice.
  const own = () => action();
  actions.add(own);
  return () => {
    actions.delete(own);
    if (actions.size || watches.get(signal)?.actions !== actions) return;
    signal.removeEventListener('abort', listener);
    watches.delete(signal);
  };
}

function watch(signal: AbortSignal): Watch {
  const actions = new Set<() => void>();
  const listener = () => {
    watches.delete(signal);
    for (const action of [...actions]) action();
  };
  signal.addEventListener('abort', listener, { once: true });
  const watched = { actions, listener };
  watches.set(signal, watched);
  return watched;
}

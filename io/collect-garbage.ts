import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8's name for it. */
const GC_FLAG = 'expose-gc';
let collect: (() => void) | undefined;

/** Collects this thread's garbage. Node only does while it works, and an idle thread keeps what it needed last. */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString(`--${GC_FLAG}`);
    // Another thread may have taken the flag back just now; then it is tried the next time.
    collect = runInNewContext('globalThis.gc') as (() => void) | undefined;
    setFlagsFromString(`--no-${GC_FLAG}`);
  }
  collect?.();
}

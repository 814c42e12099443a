import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8's flag for `gc`. */
const GC_FLAG = 'expose-gc';
let collect: (() => void) | undefined;

/**
 * Collects this thread's garbage. Node collects only while it works, so an idle thread keeps the memory of its last
 * job.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString(`--${GC_FLAG}`);
    // Another thread may have just reset the flag; the next call tries again.
    collect = runInNewContext('globalThis.gc') as (() => void) | undefined;
    setFlagsFromString(`--no-${GC_FLAG}`);
  }
  collect?.();
}

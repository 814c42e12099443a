import { createEngine, type Engine, type EngineName } from '../../engine/index.ts';
import type { RunConfig } from '../../training/index.ts';
import { defined } from './shared-flags.ts';
import type { Terminal } from './terminal.ts';

/** How many threads a run was on, as its configuration has it in `device`: `CPU, 2 threads (ONNX Runtime)`. */
function threadsOf(run: RunConfig): number | undefined {
  const count = /, (\d+) threads?\b/.exec(String(run.device))?.[1];
  return count === undefined ? undefined : Number(count);
}

/**
 * The engine that trains. A run that is resumed has as many threads as before, since sums that are divided among another
 * number of threads differ in their last bits; flags that say otherwise are followed, and told of.
 *
 * @param stored what the run was begun with, where it is resumed
 */
export async function engineOfRun(
  { engine: name, threads }: { readonly engine: string; readonly threads: number | undefined },
  stored: RunConfig | undefined,
  terminal: Terminal,
): Promise<Engine> {
  const before = stored && threadsOf(stored);
  const engine = await createEngine(name as EngineName | 'auto', defined({ threads: threads ?? before }));
  if (!stored) return engine;
  if (engine.device !== stored.device) {
    terminal.note(
      `the run was on ${stored.device} and goes on on ${engine.device}: its numbers differ in their last bits`,
    );
  } else if (threads === undefined && before !== undefined) {
    terminal.note(`goes on with the threads of the run, ${before}; --threads N says otherwise`);
  }
  return engine;
}

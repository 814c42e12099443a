import { createEngine, type Engine, type EngineName } from '../../engine/index.ts';
import type { RunConfig } from '../../training/index.ts';
import { defined } from './shared-flags.ts';
import type { Terminal } from './terminal.ts';

/** The threads of a run, from `device` in its configuration: `CPU, 2 threads (ONNX Runtime)`. */
function threadsOf(run: RunConfig): number | undefined {
  const count = /, (\d+) threads?\b/.exec(String(run.device))?.[1];
  return count === undefined ? undefined : Number(count);
}

/**
 * The engine of a training run. A resumed run keeps its number of threads: with another number, sums differ in their
 * last bits. Flags override it, with a note.
 *
 * @param stored the configuration of a resumed run
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
      `the run was on ${stored.device} and resumes on ${engine.device}: its numbers differ in their last bits`,
    );
  } else if (threads === undefined && before !== undefined) {
    terminal.note(`resumes with the threads of the run, ${before}; --threads N changes it`);
  }
  return engine;
}

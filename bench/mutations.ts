/**
 * Feeds mutated inputs to the library in separate processes: images, checkpoints, annotations, detections, YAML, XML,
 * archives and model configurations, each made from a small valid file. The library must read every input or refuse it
 * with its own error. No other error, no crash, at most ten seconds of CPU time and 2 GB. Prints a table, and how to
 * repeat each failure.
 *
 * Usage: node dist/bench/mutations.js [--count 10000] [--seed 0] [--kind KIND] [--verbose]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Case, Outcome } from './mutations/child.ts';
import { kinds } from './mutations/kinds.ts';

const MAX_SECONDS = 10;
/** Wall-clock limit for a process that hangs: a busy machine may need three times the CPU time. */
const PATIENCE_MS = 40_000;
const MAX_BYTES = 2e9;
/** A process is replaced after this many cases, so that memory is not attributed to the wrong case. */
const CASES_A_PROCESS = 250;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '0' },
    kind: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const faults = ['uncaught', 'foreign', 'slow', 'large'] as const;
type Fault = (typeof faults)[number];
type Verdict = Outcome['result'] | Fault;

/** A process that reads one input at a time. */
class Reader {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mutations-'));
  readonly #child: ChildProcess;
  #stderr = '';
  done = 0;

  constructor() {
    const script = fileURLToPath(new URL('./mutations/child.js', import.meta.url));
    this.#child = fork(script, [this.#folder], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--max-old-space-size=2000'],
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr = (this.#stderr + chunk).slice(-4000);
    });
  }

  async read(next: Case): Promise<{ readonly verdict: Verdict; readonly error?: string | undefined }> {
    this.done++;
    const child = this.#child;
    let killedFor: Fault | undefined;
    const kill = (fault: Fault): void => {
      killedFor = fault;
      child.kill('SIGKILL');
    };
    const deadline = setTimeout(() => kill('slow'), PATIENCE_MS);
    const watch = setInterval(() => {
      if (residentBytes(child.pid) > MAX_BYTES) kill('large');
    }, 100);
    try {
      const outcome = await new Promise<Outcome | undefined>((resolve) => {
        child.once('message', resolve).once('exit', () => resolve(undefined));
        child.send(next, (error) => error && resolve(undefined));
      });
      child.removeAllListeners('message').removeAllListeners('exit');
      if (!outcome) return { verdict: killedFor ?? 'uncaught', error: this.#stderr.trim() };
      if (outcome.bytes > MAX_BYTES) return { verdict: 'large', error: outcome.error };
      if (outcome.seconds > MAX_SECONDS) return { verdict: 'slow', error: outcome.error };
      return { verdict: outcome.result, error: outcome.error };
    } finally {
      clearTimeout(deadline);
      clearInterval(watch);
    }
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
    rmSync(this.#folder, { recursive: true });
  }
}

/** The current memory of a process, if the system reports it. */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096;
  } catch {
    return 0;
  }
}

const [count, firstSeed] = [Number(values.count), Number(values.seed)];
const chosen = Object.entries(kinds).filter(([name]) => values.kind === undefined || name === values.kind);
if (!chosen.length) throw new Error(`--kind is one of ${Object.keys(kinds).join(', ')}`);
const total = chosen.reduce((sum, [, { share }]) => sum + share, 0);

const table: Record<string, Record<Verdict, number>> = {};
const failures: string[] = [];
for (const [kind, { share }] of chosen) {
  const counts: Record<Verdict, number> = { read: 0, refused: 0, uncaught: 0, foreign: 0, slow: 0, large: 0 };
  table[kind] = counts;
  let reader = new Reader();
  for (let seed = firstSeed; seed < firstSeed + Math.round((count * share) / total); seed++) {
    const { verdict, error } = await reader.read({ kind, seed });
    counts[verdict]++;
    const isFault = (faults as readonly string[]).includes(verdict);
    if (isFault) failures.push(`--kind ${kind} --seed ${seed} --count 1: ${verdict}: ${error ?? ''}`);
    if (values.verbose) console.log(`${kind} ${seed}: ${verdict} ${error?.split('\n')[0] ?? ''}`);
    if (reader.done < CASES_A_PROCESS && (!isFault || verdict === 'foreign')) continue;
    await reader.end();
    reader = new Reader();
  }
  await reader.end();
  console.error(`${kind}: ${JSON.stringify(counts)}`);
}
console.table(table);
for (const failure of failures) console.log(failure.split('\n').slice(0, 4).join('\n'));
process.exitCode = failures.length ? 1 : 0;

/** Makes and reads inputs on request, one after the other, and reports the result of each. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { Random } from '../../io/random.ts';
import { kinds } from './kinds.ts';

export interface Case {
  readonly kind: string;
  readonly seed: number;
}

export interface Outcome {
  readonly result: 'read' | 'refused' | 'foreign';
  readonly error?: string;
  /** CPU time. */
  readonly seconds: number;
  /** Peak memory of this process so far. */
  readonly bytes: number;
}

/** The process's own folder; the parent removes it. */
const root = process.argv[2];

async function attempt({ kind, seed }: Case): Promise<Outcome> {
  const [folder, kept] = [join(root, 'case'), join(root, 'kept')];
  mkdirSync(folder);
  mkdirSync(kept, { recursive: true });
  const before = process.cpuUsage();
  let outcome: Pick<Outcome, 'result' | 'error'> = { result: 'read' };
  try {
    await kinds[kind].run(new Random(seed), folder, kept);
  } catch (error) {
    const isOurs = error instanceof ResnetCocoError;
    outcome = {
      result: isOurs ? 'refused' : 'foreign',
      error: isOurs ? `${error.code} ${error.message}` : String((error as Error)?.stack ?? error),
    };
  }
  const { user, system } = process.cpuUsage(before);
  // An error that comes a moment later belongs to this case, too.
  await new Promise((resolve) => setImmediate(resolve));
  rmSync(folder, { recursive: true, force: true });
  return { ...outcome, seconds: (user + system) / 1e6, bytes: process.resourceUsage().maxRSS * 1024 };
}

process.on('message', async (next: Case) => process.send?.(await attempt(next)));
process.on('disconnect', () => process.exit());

/** Reads the inputs it is told to make, one after the other, and tells what came of each. */
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
  /** Of the processor, whatever else the machine does. */
  readonly seconds: number;
  /** The most that this process has had so far. */
  readonly bytes: number;
}

/** A folder of its own, which whoever starts it removes. */
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
  // An error that comes a moment later is this case's too.
  await new Promise((resolve) => setImmediate(resolve));
  rmSync(folder, { recursive: true, force: true });
  return { ...outcome, seconds: (user + system) / 1e6, bytes: process.resourceUsage().maxRSS * 1024 };
}

process.on('message', async (next: Case) => process.send?.(await attempt(next)));
process.on('disconnect', () => process.exit());

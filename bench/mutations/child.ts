/** Reads the inputs it is told to make, one after the other, and tells what came of each. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
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

const root = mkdtempSync(join(tmpdir(), 'mutations-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

async function attempt({ kind, seed }: Case): Promise<Outcome> {
  const folder = join(root, 'case');
  mkdirSync(folder);
  const before = process.cpuUsage();
  let outcome: Pick<Outcome, 'result' | 'error'> = { result: 'read' };
  try {
    await kinds[kind].run(new Random(seed), folder);
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

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as v from 'valibot';

const ownerSchema = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  host: v.string(),
  /** When the process started, in this system's units; absent if unknown. */
  started: v.optional(v.string()),
  id: v.string(),
});

/** The process that holds a lock, as in the lock file. */
export type LockOwner = Readonly<v.InferOutput<typeof ownerSchema>>;

/** This process as the owner of a new lock. */
export function newOwner(): LockOwner {
  const started = processAt(process.pid)?.started;
  return { pid: process.pid, host: hostname(), ...(started === undefined ? {} : { started }), id: randomUUID() };
}

/** The owner that a lock file names; undefined when it names none, as while it is being written. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const parsed = v.safeParse(ownerSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the owner was a process of this machine that has ended. For other machines this is unknown. */
export function isGone({ pid, host, started }: LockOwner): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const current = processAt(pid);
  if (!current) return false;
  // After a process ends, its number is reused.
  return current.hasEnded || (started !== undefined && started !== current.started);
}

/** What Linux knows about a process; undefined on other systems. */
function processAt(pid: number): { readonly started: string; readonly hasEnded: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command in parentheses may contain spaces and parentheses; after it comes the state, field 3 of proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const [state, ticks] = [fields[0], fields[22 - 3]];
    return { started: `${boot} ${ticks}`, hasEnded: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}

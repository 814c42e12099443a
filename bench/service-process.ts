import { readFileSync } from 'node:fs';

/** The process that serves: `serve` starts it with its memory settings, and waits for it (cli/returned-memory.ts). */
export function servingProcess(pid: number): number {
  const child = Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'), 10);
  return Number.isNaN(child) ? pid : servingProcess(child);
}

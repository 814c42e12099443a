/**
 * Runs a command in a process that returns freed memory. In glibc each thread has its own heap, an "arena", and after a
 * large block was freed an arena keeps up to 64 MB: 150 MB and more after a burst of requests. glibc reads its settings
 * when a process starts, so the command runs in a child process that has them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * mallopt(3): few arenas, and fixed thresholds, which would grow otherwise. Lower ones make detection a fifth slower.
 */
const SETTINGS = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: String(32 * 2 ** 20),
  MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
} as const;
const PARENT = 'RESNET_COCO_PARENT';
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs this call again in a child process with these settings, and ends as that process ends. Returns at once if one of
 * the settings is already set: the user's own settings win.
 */
export async function withReturnedMemory(): Promise<void> {
  const isSet = Object.keys(SETTINGS).some((name) => process.env[name] !== undefined);
  if (process.platform !== 'linux' || isSet) return endWithParent();
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    // The child notices by the channel when this process ends, however it ends.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...SETTINGS, [PARENT]: String(process.pid) },
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  for (const name of FORWARDED) process.off(name, forward);
  if (signal) process.kill(process.pid, signal);
  process.exit(code ?? 1);
}

function endWithParent(): void {
  if (process.env[PARENT] !== String(process.ppid) || !process.channel) return;
  process.channel.unref();
  process.once('disconnect', () => process.exit(1));
}

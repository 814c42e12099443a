import { setTimeout as sleep } from 'node:timers/promises';
import type { TransferError } from './transfer.ts';

/** How long to wait. */
export interface Patience {
  /** A source that sends nothing for this long has stalled. */
  readonly stallMs: number;
  /** Attempts after the first one that brought nothing new. */
  readonly retries: number;
  /** Wait before the first retry; doubled for each further one. */
  readonly backoffMs: number;
  /** A download on another machine that shows no activity for this long is dead. */
  readonly lockMs: number;
}

export const usualPatience: Patience = { stallMs: 30_000, retries: 3, backoffMs: 1000, lockMs: 30_000 };

/** A source that asks for a longer wait (Retry-After) is given up. */
const LONGEST_MS = 600_000;

/** Whether another attempt may succeed. @param failures attempts before this one that brought nothing new */
export const isWorthRetry = ({ transient, waitMs = 0 }: TransferError, failures: number, patience: Patience): boolean =>
  transient && failures < patience.retries && waitMs <= LONGEST_MS;

/** Waits before another attempt: longer each time, and at least as long as the source asks; it then says so. */
export async function waitBeforeRetry(
  { message, waitMs = 0 }: TransferError,
  failures: number,
  { backoffMs }: Patience,
  source: URL,
  {
    onNote,
    signal,
  }: { readonly onNote?: ((note: string) => void) | undefined; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (waitMs > 0) onNote?.(`${source}: ${message}; waiting as long as it asks, ${Math.ceil(waitMs / 1000)} s`);
  await sleep(Math.max(waitMs, backoffMs * 2 ** failures), undefined, signal ? { signal } : {});
}

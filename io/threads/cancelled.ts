/** A flag that threads share and check during a job: 1 when the result is no longer needed. */
export type Cancelled = Int32Array;

export const newCancelled = (): Cancelled => new Int32Array(new SharedArrayBuffer(4));
export const cancel = (cancelled: Cancelled): void => void Atomics.store(cancelled, 0, 1);
export const isCancelled = (cancelled: Cancelled): boolean => Atomics.load(cancelled, 0) === 1;

/** The message for an error that a decoder threw. */
export function damage(cause: unknown): Error {
  const message = String(cause instanceof Error ? cause.message : cause).split('\n')[0];
  if (cause instanceof RangeError && /allocation failed|Invalid typed array length/.test(message)) {
    return new Error('there is not enough memory to decode it; scale it down first', { cause });
  }
  // A TypeError of a decoder that fails on bad data explains nothing.
  const meaningless = cause instanceof TypeError;
  return new Error(`the file is damaged${meaningless ? '' : ` (${message})`}`, { cause });
}

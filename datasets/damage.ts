/** What to tell a user about an error that a decoder threw. */
export function damage(cause: unknown): Error {
  const message = String(cause instanceof Error ? cause.message : cause).split('\n')[0];
  if (cause instanceof RangeError && /allocation failed|Invalid typed array length/.test(message)) {
    return new Error('there is not enough memory to decode it; scale it down first', { cause });
  }
  if (/^maxMemoryUsageInMB/.test(message)) {
    return new Error('it is too large for the JavaScript decoder; scale it down or install sharp', { cause });
  }
  // A decoder that trips over bad data, and pngjs's way of saying that a checksum does not match, explain nothing.
  const meaningless = cause instanceof TypeError || /unrecognised content/.test(message);
  return new Error(`the file is damaged${meaningless ? '' : ` (${message})`}`, { cause });
}

import { type ErrorCode, ResnetCocoError } from '../../errors.ts';

/**
 * An error in transit to another thread, which would lose its class; `code` is null for an error of the program itself.
 */
export interface SentError {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly stack: string | undefined;
}

/** Converts anything thrown in this thread for another one. */
export function sentError(thrown: unknown): SentError {
  const { message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { code: thrown instanceof ResnetCocoError ? thrown.code : null, message, stack };
}

/** Restores an error from another thread: a `ResnetCocoError` is one again, with its code. */
export function receivedError({ code, message, stack }: SentError): Error {
  if (code) return new ResnetCocoError(code, message);
  const error = new Error(message);
  if (stack) error.stack = stack;
  return error;
}
